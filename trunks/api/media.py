"""The one media type: who accepts it, how a body is read and an answer written."""

from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from trunks.api import errors

MEDIA_TYPE = "application/vnd.api+json"


class JsonApiRenderer(BaseRenderer):
    """Writes finished documents; the library's renderer costs ten times as much on long lists."""

    media_type = MEDIA_TYPE
    format = "json"
    charset = None
    render_style = "binary"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return b"" if data is None else orjson.dumps(data)


class JsonApiParser(BaseParser):
    """Reads any JSON; what it must look like is said in `bodies`."""

    media_type = MEDIA_TYPE

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        # The stream itself knows no limit; the body of Django's request does.
        request = (parser_context or {})["request"]._request
        try:
            return orjson.loads(request.body)
        except RequestDataTooBig:
            raise errors.too_large(settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0) from None
        except orjson.JSONDecodeError:
            raise errors.not_json() from None


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
