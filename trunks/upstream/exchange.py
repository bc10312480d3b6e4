"""What is kept of one request: the flight recorder's side of the door."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import requests

from trunks.domain.secrets import Secret
from trunks.upstream.errors import Missing, Refused, UpstreamError
from trunks.upstream.redaction import redacted
from trunks.upstream.words import fit_text, without


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request that left for the upstream, or that found no way there.

    `path`: with its query, below the account's base URL. `status`: None without an answer.
    `problem`: in our words, "" when all went well. `answer`: of a failure, redacted.
    """

    method: str
    path: str
    status: int | None
    milliseconds: int
    attempt: int  # of a read that is repeated, from 1
    request_id: str  # upstream's X-Request-Id
    problem: str
    answer: str


class Flight:
    """One request while it is under way: what is known of it so far.

    `key`: the account's, which no kept text may repeat.
    """

    def __init__(
        self, method: str, path: str, params: Mapping[str, str], attempt: int, key: Secret
    ):
        self._method, self._attempt, self._key = method, attempt, key
        query = urlencode(params, safe="[],/:")
        self._path = f"{path}?{query}" if query else path
        self._started = time.monotonic()
        self._status: int | None = None
        self._request_id = ""
        self.content = b""

    def answered(self, response: requests.Response) -> None:
        """Its head has come; the body may still fail."""
        self._status = response.status_code
        self._request_id = request_id_of(response, self._key)

    def over(self, error: Exception | None) -> Exchange:
        return Exchange(
            method=self._method,
            path=self._path,
            status=self._status,
            milliseconds=round((time.monotonic() - self._started) * 1000),
            attempt=self._attempt,
            request_id=self._request_id,
            problem=_in_our_words(error),
            answer=redacted(self.content, self._key) if error else "",
        )


def request_id_of(response: requests.Response, key: Secret) -> str:
    return fit_text(without(response.headers.get("X-Request-Id", ""), key)[:200])


def _in_our_words(error: Exception | None) -> str:
    """Upstream's own words are in the answer, redacted."""
    match error:
        case None:
            return ""
        case Missing():
            return "no such record"
        case Refused():
            return "refused"
        case UpstreamError():
            return str(error)
        case _:
            return f"an error of trunkadmin's own ({type(error).__name__})"
