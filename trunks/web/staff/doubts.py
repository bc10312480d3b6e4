"""A write that looking could not settle: what was found, and what a person makes of it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods

from trunks import access
from trunks.domain.patch import apply_patch
from trunks.domain.units import describe, difference
from trunks.models import Change, Trunk
from trunks.services import doubts
from trunks.services.errors import Denied, NotWaiting
from trunks.web.diff_lines import rows_of, summary_of, trunk_name
from trunks.web.words import counted, sentence

AGAIN, GIVE_UP, ADOPT = "again", "give-up", "adopt-"
Candidates = Sequence[dict[str, Any]]


class DoubtForm(forms.Form):
    """One choice: a trunk that was found, sending again, or giving up."""

    choice = forms.ChoiceField(
        label="What became of it?",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what became of it."},
    )

    def __init__(self, *args: Any, candidates: Candidates, **options: Any):
        super().__init__(*args, **options)
        values = [*(f"{ADOPT}{c['id']}" for c in candidates), AGAIN, GIVE_UP]
        self.fields["choice"].choices = [(v, v) for v in values]  # type: ignore[attr-defined]


@access.staff_required("view_change")
@require_http_methods(["GET", "POST"])
def change_doubt(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Adopt what was found, send it again, or give it up; who may not reads the change's page."""
    change = access.change_for(request.user, pk)
    if not access.actor_of(request.user).may("decide_change"):
        return _only_read(request, change)
    if not change.is_in_doubt:
        messages.info(request, "This change is in no doubt.")
        return redirect("staff:change-detail", change.pk)
    found = candidates_of(change)
    form = DoubtForm(request.POST if request.method == "POST" else None, candidates=found)
    if form.is_valid():
        return _decide(request, change, form.cleaned_data["choice"])
    context = {"change": change, "name": trunk_name(change), "form": form, "found": found}
    context |= {"cards": _cards(change, found), "why": sentence(change.waiting_reason)}
    return render(request, "staff/inbox/doubt.html", context | {"summary": summary_of(change)})


def _only_read(request: HttpRequest, change: Change) -> HttpResponse:
    if request.method == "POST":
        raise PermissionDenied
    return redirect("staff:change-detail", change.pk)


def _decide(request: HttpRequest, change: Change, choice: str) -> HttpResponse:
    actor = access.actor_of(request.user)
    try:
        if choice == AGAIN:
            doubts.send_again(change, actor=actor)
        elif choice == GIVE_UP:
            doubts.give_up(change, actor=actor)
        else:
            doubts.adopt(change, choice.removeprefix(ADOPT), actor=actor)
    except NotWaiting as error:
        messages.info(request, f"Too late: {error}.")
    except Denied as error:
        raise PermissionDenied(str(error)) from error
    else:
        messages.success(request, DONE.get(choice, "Found: it was done once, and stays so."))
    return redirect("staff:change-detail", change.pk)


DONE = {AGAIN: "It is sent again.", GIVE_UP: "Given up: nothing more is sent."}


def candidates_of(change: Change) -> list[dict[str, Any]]:
    """The trunks it may have become, with how they differ from what was asked for."""
    ids = [str(id_) for id_ in change.candidates]
    known = {str(trunk.pk): trunk for trunk in Trunk.objects.with_linkage().filter(pk__in=ids)}
    return [_candidate(change, id_, known.get(id_)) for id_ in ids]


def _candidate(change: Change, id_: str, trunk: Trunk | None) -> dict[str, Any]:
    if trunk is None:
        return {"id": id_, "trunk": None, "rows": []}
    wanted = {u: v for u, v in apply_patch({}, change.ops()).items() if u != "default_did"}
    held = {unit: value for unit, value in trunk.units().items() if unit in wanted}
    rows = rows_of(change, describe(difference(wanted, held)))
    url = reverse("staff:trunk-detail", args=[trunk.pk])
    created = parse_datetime(trunk.created_at or "")
    return {"id": id_, "trunk": trunk, "url": url, "rows": rows, "created_at": created}


def _cards(change: Change, found: Candidates) -> list[dict[str, Any]]:
    create = change.kind == Change.Kind.CREATE
    return [
        *(_adopt_card(candidate) for candidate in found),
        {
            "value": AGAIN,
            "label": "None of them: send it again" if found else "It was not done: send it again",
            "text": "Choose this only when you are sure. Sent twice, upstream has it twice."
            if create
            else "Choose this only when you are sure that it was not done.",
        },
        {
            "value": GIVE_UP,
            "label": "Give it up",
            "text": "Nothing more is sent or looked for. Upstream keeps whatever it has.",
        },
    ]


def _adopt_card(candidate: dict[str, Any]) -> dict[str, Any]:
    rows = candidate["rows"]
    if candidate["trunk"] is None:
        text = "Not read yet: pull the account to see its settings."
    elif rows:
        text = (
            f"{counted(len(rows), 'setting differs', 'settings differ')} from what was asked for."
        )
    else:
        text = "It has every setting that was asked for."
    label = f"It became {str(candidate['id'])[:8]}…"
    return {"value": f"{ADOPT}{candidate['id']}", "label": label, "text": text}
