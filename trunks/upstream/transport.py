"""HTTP: one pooled session, timeouts that add up, no redirects, no environment proxies."""

import json
import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import orjson
import requests
from urllib3 import exceptions as pool

from trunks.domain.secrets import Secret
from trunks.upstream.errors import (
    Missing,
    NotSent,
    OutcomeUnknown,
    Refused,
    Unauthorized,
    Unavailable,
)
from trunks.upstream.exchange import Exchange, Flight, request_id_of
from trunks.upstream.guard import Guard, GuardedAdapter
from trunks.upstream.words import without

API_VERSION = "2026-04-16"
MEDIA_TYPE = "application/vnd.api+json"
MAX_BODY_BYTES = 64 * 1024 * 1024
READ_TRIES = 3
CHUNK_BYTES = 64 * 1024
# A key or a URL that HTTP cannot carry is a ValueError.
FAILURES = (requests.RequestException, pool.HTTPError, OSError, ValueError)
MAX_RETRY_WAIT = 10.0  # seconds; a longer wait is left to the caller, whose lease would run out
SLOT_SECONDS = 0.1  # so late a request may still leave in its slot
SLOT_TRIES = 3  # on a machine that is always late it leaves nevertheless
LEAVES_IN = 0.25  # seconds; renewing the lease must not take from the spacing of requests

log = logging.getLogger("trunks.upstream")


class Deadline:
    """The instant by which a whole piece of work must be done; `None` seconds is never."""

    def __init__(self, seconds: float | None):
        self._end = None if seconds is None else time.monotonic() + seconds

    def remaining(self, most: float) -> float:
        """Seconds left, at most `most`; never negative."""
        if self._end is None:
            return most
        return max(0.0, min(most, self._end - time.monotonic()))

    @property
    def is_over(self) -> bool:
        return self.remaining(1.0) == 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A 2xx answer: the parsed document ({} for 204) and upstream's request id."""

    document: dict[str, Any]
    request_id: str


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. `whole` bounds one request from connect to the last byte of its answer."""

    connect: float = 5.0
    read: float = 20.0

    @property
    def whole(self) -> float:
        return self.connect + self.read


class Transport:
    """Sends one request and says truthfully what became of it.

    `pace` reserves the next slot of the account's request rate and returns the seconds to wait
    for it. `before_send` is called shortly before each request leaves (leases are renewed there).
    `record` is told of each request that left or found no way, once, whatever came of it.
    """

    def __init__(
        self,
        base_url: str,
        api_key: Secret,
        *,
        timeouts: Timeouts,
        pace: Callable[[], float],
        before_send: Callable[[], None] = lambda: None,
        record: Callable[[Exchange], None] = lambda exchange: None,
        read_tries: int = READ_TRIES,
    ):
        self._read_tries = read_tries
        self._base_url = base_url.rstrip("/")
        self._timeouts = timeouts
        self._pace = pace
        self.before_send = before_send
        self._record = record
        self._api_key = api_key
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers = {  # nothing but these
            "Api-Key": api_key.clear,
            "Accept": MEDIA_TYPE,
            "X-DIDWW-Api-Version": API_VERSION,
            "User-Agent": "trunkadmin",
        }
        adapter = GuardedAdapter(pool_connections=1, pool_maxsize=4, max_retries=0)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def close(self) -> None:
        self._session.close()

    def read(self, path: str, params: Mapping[str, str], deadline: Deadline) -> Answer:
        """GET, tried up to three times with growing, jittered waits.

        Raises `Missing`, `Refused`, `Unauthorized`, or `Unavailable` when the tries are used up.
        """
        for attempt in range(1, self._read_tries + 1):
            try:
                return self._send("GET", path, deadline, params=params, attempt=attempt)
            except Unavailable as error:
                wait = max(error.retry_after or 0.0, _backoff(attempt))
                last = attempt == self._read_tries or error.is_trouble or wait > MAX_RETRY_WAIT
                if last or deadline.remaining(wait + 1) <= wait:
                    raise
                time.sleep(wait)
        raise AssertionError("unreachable")

    def write(self, method: str, path: str, body: Any, deadline: Deadline) -> Answer:
        """POST, PATCH or DELETE, sent at most once.

        Raises `Refused`, `Missing`, `Unauthorized`, `NotSent`, or `OutcomeUnknown`.
        """
        return self._send(method, path, deadline, body=body)

    def _send(
        self,
        method: str,
        path: str,
        deadline: Deadline,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        attempt: int = 1,
    ) -> Answer:
        self._wait_for_slot(deadline)
        flight = Flight(method, path, params or {}, attempt, self._api_key)
        try:
            response = self._exchange(flight, method, path, deadline, params, body)
            answer = _judge(method, response, flight.content, self._api_key)
        except Exception as error:
            self._note(flight, error)
            raise
        self._note(flight)
        return answer

    def _wait_for_slot(self, deadline: Deadline) -> None:
        """Until the request may leave. A slot that a busy machine missed is given up, or the
        request would crowd the next ones."""
        for _ in range(SLOT_TRIES):
            if self._book_and_wait(deadline) <= SLOT_SECONDS:
                return

    def _book_and_wait(self, deadline: Deadline) -> float:
        """Seconds that the booked slot has been past when all was ready to leave."""
        wait = self._pace()
        if deadline.remaining(wait + 0.05) <= wait:
            raise NotSent("no time left to ask upstream")
        slot = time.monotonic() + wait
        time.sleep(max(0.0, wait - LEAVES_IN))
        self.before_send()
        time.sleep(max(0.0, slot - time.monotonic()))
        if deadline.is_over:
            raise NotSent("no time left to ask upstream")
        return time.monotonic() - slot

    def _note(self, flight: Flight, error: Exception | None = None) -> None:
        exchange = flight.over(error)
        log.debug(
            "%s %s %s in %d ms",
            exchange.method,
            exchange.path,
            exchange.status or "no answer",
            exchange.milliseconds,
        )
        self._record(exchange)

    def _exchange(
        self,
        flight: Flight,
        method: str,
        path: str,
        deadline: Deadline,
        params: Mapping[str, str] | None,
        body: Any,
    ) -> requests.Response:
        whole = Deadline(deadline.remaining(self._timeouts.whole))
        timeout = (
            max(0.01, whole.remaining(self._timeouts.connect)),
            max(0.01, whole.remaining(self._timeouts.read)),
        )
        content = None if body is None else orjson.dumps(body)
        with Guard(whole.remaining(self._timeouts.whole)) as guard:
            try:
                response = self._session.request(
                    method,
                    self._base_url + path,
                    params=params,
                    data=content,
                    headers=None if body is None else {"Content-Type": MEDIA_TYPE},
                    timeout=timeout,
                    allow_redirects=False,
                    stream=True,
                )
                flight.answered(response)
                with response:
                    flight.content = _read_body(response, whole)
                return response
            except FAILURES:
                if guard.has_left:
                    raise _lost(method, "upstream did not answer, or not to the end") from None
                raise NotSent("upstream cannot be reached", is_failure=True) from None


def _read_body(response: requests.Response, whole: Deadline) -> bytes:
    chunks, size = [], 0
    for chunk in response.iter_content(CHUNK_BYTES):
        size += len(chunk)
        if size > MAX_BODY_BYTES or whole.is_over:
            raise TimeoutError
        chunks.append(chunk)
    if whole.is_over:  # the guard may have cut it, and not every body tells its length
        raise TimeoutError
    return b"".join(chunks)


def _lost(method: str, message: str, **details: Any) -> Unavailable:
    """A read that failed can be repeated; a write that may have arrived must not be."""
    return (Unavailable if method == "GET" else OutcomeUnknown)(message, **details)


def _judge(method: str, response: requests.Response, content: bytes, key: Secret) -> Answer:
    status = response.status_code
    request_id = request_id_of(response, key)
    document = _parse(content)
    if status in (401, 403):
        raise Unauthorized(
            f"upstream refuses the account's key ({status})", request_id=request_id, status=status
        )
    if status == 429:
        raise NotSent(
            "upstream asks to slow down (429)",
            request_id=request_id,
            status=status,
            retry_after=_seconds(response.headers.get("Retry-After")),
        )
    errors = without(_errors(document), key)
    if 400 <= status < 500 and status != 408 and errors:
        raise (Missing if status == 404 else Refused)(errors, status=status, request_id=request_id)
    if not 200 <= status < 300:
        raise _lost(
            method,
            f"upstream answered {status}",
            request_id=request_id,
            status=status,
            retry_after=_seconds(response.headers.get("Retry-After")),
        )
    if status == 204 or (method == "DELETE" and not content):
        return Answer({}, request_id)
    if document is None:
        raise _lost(
            method,
            f"upstream's answer makes no sense ({len(content)} bytes)",
            request_id=request_id,
        )
    _check_version(method, document, request_id, key)
    return Answer(document, request_id)


def _check_version(method: str, document: dict[str, Any], request_id: str, key: Secret) -> None:
    meta = document.get("meta")
    served = meta.get("api_version", API_VERSION) if isinstance(meta, dict) else API_VERSION
    if served != API_VERSION:
        shown = without(str(served), key)[:20]
        message = f"upstream answers as version {shown}, not {API_VERSION}"
        raise _lost(method, message, request_id=request_id, is_trouble=True)


def _parse(content: bytes) -> dict[str, Any] | None:
    """The JSON object, or None. The strict, fast parser first; the lenient one knows odd text."""
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError:
        try:
            document = json.loads(content)
        except (ValueError, RecursionError):
            return None
    return document if isinstance(document, dict) else None


def _errors(document: dict[str, Any] | None) -> list[dict[str, Any]]:
    errors = (document or {}).get("errors")
    return [e for e in errors if isinstance(e, dict)] if isinstance(errors, list) else []


def _seconds(text: str | None) -> float | None:
    try:
        return max(0.0, min(float(text or ""), 900.0))
    except ValueError:
        return None


def _backoff(attempt: int) -> float:
    """Seconds: growing, and jittered so that clients do not come back together."""
    return 0.2 * 4.0 ** (attempt - 1) * random.uniform(0.5, 1.5)  # noqa: S311
