"""What can become of a request, as one family. No message ever holds a body or a key."""

from collections.abc import Mapping, Sequence
from typing import Any

from trunks.upstream.words import MOST, fit, fit_text

ErrorObjects = Sequence[Mapping[str, Any]]


class UpstreamError(Exception):
    """The base of the family. `request_id` is upstream's X-Request-Id where it answered."""

    def __init__(self, message: str, *, request_id: str = "", status: int | None = None):
        super().__init__(fit_text(message))
        self.request_id = fit_text(request_id)
        self.status = status


class Refused(UpstreamError):
    """400, 409, 415, 422 and their like: upstream read the request and said no.

    `errors`: upstream's error objects ({title, detail, code, status, source?{pointer}}).
    """

    def __init__(self, errors: ErrorObjects, *, status: int, request_id: str = ""):
        self.errors = [dict(fit(error)) for error in errors[:MOST]]
        super().__init__(_sentence(self.errors), request_id=request_id, status=status)


class Missing(Refused):
    """404: no such record, or not this account's."""


class Unauthorized(UpstreamError):
    """401 or 403: the account's key, or its plan. The account pauses."""


class Unavailable(UpstreamError):
    """No usable answer. Whether a write was carried out is told by the two below.

    `is_trouble`: the account's upstream answers, but as another API version: it pauses.
    """

    def __init__(
        self,
        message: str,
        *,
        request_id: str = "",
        status: int | None = None,
        retry_after: float | None = None,
        is_trouble: bool = False,
    ):
        super().__init__(message, request_id=request_id, status=status)
        self.retry_after = retry_after
        self.is_trouble = is_trouble


class NotSent(Unavailable):
    """It certainly had no effect: no connection, 429, or no time or place left to send it.

    `is_failure`: upstream could not be reached.
    """

    def __init__(self, message: str, *, is_failure: bool = False, **details: Any):
        super().__init__(message, **details)
        self.is_failure = is_failure


class OutcomeUnknown(Unavailable):
    """Sent, then a timeout, a reset, 5xx, an unreadable body or another API version."""


def _sentence(errors: Sequence[Mapping[str, Any]]) -> str:
    details = (error.get("detail") or error.get("title") for error in errors)
    return "; ".join(str(detail) for detail in details if detail) or "refused without a word"
