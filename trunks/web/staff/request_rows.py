"""Requests to upstream in words: what was asked, what came back, how long it took."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse

from trunks.models import Change, Trunk, UpstreamRequest
from trunks.templatetags import ui
from trunks.templatetags._words import span_in_words
from trunks.web.staff.rows import Mark
from trunks.web.words import sentence

SHOWN = 50  # of one change, the latest
TRUNK_PATH = re.compile(r"/voice_out_trunks/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


def request_rows(requests: Iterable[UpstreamRequest]) -> list[dict[str, Any]]:
    requests = list(requests)
    ids = trunks_named(requests)
    return [
        {
            "at": ui.second(request.at),
            "method": request.method,
            "path": request.path.partition("?")[0],
            "query": request.path.partition("?")[2],
            "status": status_mark(request),
            "took": took_in_words(request.milliseconds),
            "attempt": request.attempt if request.attempt > 1 else "",
            "request_id": request.request_id,
            "problem": sentence(request.problem),
            "answer": answer_lines(request.answer),
            "was_told": request.answer.startswith("{"),
            "change": request.change_id or "",
            "trunk": ids.get(request.pk, ""),
        }
        for request in requests
    ]


def trunks_named(requests: Iterable[UpstreamRequest]) -> dict[int, str]:
    """The trunk that a request's path names, where it is known here, by request; one query."""
    named = {r.pk: found[1] for r in requests if (found := TRUNK_PATH.match(r.path))}
    known = Trunk.objects.filter(pk__in=set(named.values())).values_list("pk", flat=True)
    ids = {str(pk) for pk in known} if named else set()
    return {pk: id_ for pk, id_ in named.items() if id_ in ids}


def requests_of(change: Change) -> dict[str, Any]:
    """A change's requests in the order in which they left, and where all are if these are not."""
    latest = list(change.requests.order_by("-at", "-id")[: SHOWN + 1])
    every = f"{reverse('staff:account-requests', args=[change.account_id])}?change={change.pk}"
    return {
        "requests": request_rows(reversed(latest[:SHOWN])),
        "requests_url": every if len(latest) > SHOWN else "",
    }


def status_mark(request: UpstreamRequest) -> Mark:
    if request.status is None:
        return Mark("No answer", "danger")
    if not request.problem:
        return Mark(str(request.status), "ok")
    refused = 400 <= request.status < 500
    return Mark(str(request.status), "attention" if refused else "danger")


def took_in_words(milliseconds: int) -> str:
    if milliseconds < 1000:
        return f"{milliseconds} ms"
    return (
        f"{milliseconds / 1000:.1f} s"
        if milliseconds < 60_000
        else span_in_words(milliseconds / 1000)
    )


def answer_lines(answer: str) -> list[dict[str, str]]:
    """Of each error what upstream said, and where it pointed; of any other body what was kept."""
    if not answer.startswith("{"):
        return [{"said": answer, "pointer": ""}] if answer else []
    return [_error_line(error) for error in json.loads(answer)["errors"]]


def _error_line(error: Mapping[str, Any]) -> dict[str, str]:
    words = error.get("detail") or error.get("title") or "refused without a word"
    code = f" (code {error['code']})" if error.get("code") else ""
    return {"said": f"{words}{code}", "pointer": error.get("source", {}).get("pointer", "")}
