"""The one media type, and who accepts it."""

from typing import Any

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request

from trunks.api import errors

MEDIA_TYPE = "application/vnd.api+json"


class JsonApiNegotiation(BaseContentNegotiation):
    """As upstream: only media-type parameters are refused, never another wish."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        content_type = request.content_type or ""
        if content_type.strip().lower() != MEDIA_TYPE:
            raise errors.unsupported_media_type(content_type)
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        accept = request.META.get("HTTP_ACCEPT", "*/*")
        entries = [entry.strip().lower() for entry in accept.split(",")]
        own = [entry for entry in entries if entry.partition(";")[0].strip() == MEDIA_TYPE]
        if own and all(_has_parameters(entry) for entry in own):
            raise errors.not_acceptable(accept)
        return renderers[0], MEDIA_TYPE


def _has_parameters(entry: str) -> bool:
    """A weight (`q=`) is none."""
    return any(not part.strip().startswith("q=") for part in entry.split(";")[1:])
