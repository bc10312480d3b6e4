"""The inbox: all that waits for a person's decision, most pressing first."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from trunks import access
from trunks.domain.actor import Actor
from trunks.models import Change, IgnoredField
from trunks.services import doubts
from trunks.services.deciding import acknowledge
from trunks.services.errors import Denied, NotWaiting
from trunks.services.submitting import release
from trunks.web import asked
from trunks.web.decision_words import told_of_many
from trunks.web.listing import MAX_PAGE_DIGITS, clear_url
from trunks.web.staff import inbox_drift, inbox_rows
from trunks.web.staff import inbox_filters as filters
from trunks.web.words import counted

TRUNKS_A_PAGE = 20
MOST_AT_ONCE = 500


@access.staff_required("view_change")
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """Accounts that ask, doubts, conflicts, what is held back, and drift by trunk."""
    drift = filters.drift(request)
    accounts = access.accounts_for(request.user).count()
    groups = Paginator(inbox_drift.drifted_trunks(drift), TRUNKS_A_PAGE)
    page = groups.get_page(request.GET.get("page", "1")[:MAX_PAGE_DIGITS])
    sections = [
        inbox_rows.section(request, *one)
        for one in (
            ("doubt", "In doubt", filters.doubts(request), inbox_rows.doubt_row),
            ("conflict", "Conflicts", filters.conflicts(request), inbox_rows.conflict_row),
            ("held", "Held back", filters.held(request), inbox_rows.held_row),
        )
    ]
    context = {
        "questions": inbox_rows.questions(request),
        "sections": [section for section in sections if section["rows"]],
        "page": page,
        "groups": inbox_drift.groups_of(drift, page, with_account=accounts > 1),
        "filters": filters.pills(request),
        "clear_url": clear_url(request, filters.PARAMS),
        "tabs": tabs(request, "inbox"),
        "back": request.GET.urlencode(),
    }
    return render(request, "staff/inbox/list.html", context)


def tabs(request: HttpRequest, current: str) -> list[dict[str, Any]]:
    changes, trunks = access.changes_for(request.user), access.trunks_for(request.user)
    fields = IgnoredField.objects.filter(trunk__in=trunks)
    undecided = changes.undecided().count() + changes.in_doubt().count() + changes.held().count()
    asking = access.accounts_for(request.user).filter(pause="question").count()
    counts = {
        "inbox": ("To decide", undecided + asking),
        "inbox-gone": ("Gone", trunks.tombstones().count()),
        "inbox-ignored": ("Ignored", fields.count()),
    }
    return [
        {
            "label": label,
            "count": f"{count:,}",
            "url": reverse(f"staff:{name}"),
            "current": name == current,
        }
        for name, (label, count) in counts.items()
    ]


# --- Decided right here ---------------------------------------------------------------------------


@access.staff_required("decide_change")
@require_POST
def inbox_acknowledge(request: HttpRequest) -> HttpResponse:
    """Seen, and it stays: the one whose button was pressed, else all that are ticked."""
    ids = chosen(request.POST)
    if not ids:
        messages.info(request, "Nothing was chosen.")
        return back(request)
    done = acknowledge(ids, actor=access.actor_of(request.user))
    say = messages.warning if done.before else messages.success
    say(request, told_of_many(done.done, done.before, "acknowledged"))
    return back(request)


@access.staff_required("decide_change")
@require_POST
def inbox_release(request: HttpRequest) -> HttpResponse:
    return _each_held(request, lambda change, actor: release(change, actor=actor), "released")


@access.staff_required("decide_change")
@require_POST
def inbox_give_up(request: HttpRequest) -> HttpResponse:
    return _each_held(
        request, lambda change, actor: doubts.give_up(change, actor=actor), "given up"
    )


def _each_held(
    request: HttpRequest, verb: Callable[[Change, Actor], Change], done: str
) -> HttpResponse:
    """What is held back, one by one: what somebody else was first with is left at that."""
    actor, count, late = access.actor_of(request.user), 0, 0
    for change in access.changes_for(request.user).filter(pk__in=chosen(request.POST)):
        try:
            verb(change, actor)
            count += 1
        except NotWaiting:
            late += 1
        except Denied as error:
            raise PermissionDenied(str(error)) from error
    words = f"{counted(count, 'change')} {done}."
    messages.info(request, f"{words} {late:,} had been decided before." if late else words)
    return back(request)


def chosen(data: QueryDict) -> list[str]:
    """Ids of the item, or the trunk, whose own button was pressed; else of all that are ticked."""
    texts = data.get("only", "").split() if "only" in data else data.getlist("ids")
    found = [key for text in texts[:MOST_AT_ONCE] if (key := asked.as_uuid(text))]
    return [str(key) for key in found]


def back(request: HttpRequest) -> HttpResponse:
    """The inbox with the filters it had."""
    query = QueryDict(request.POST.get("back", "")[:500]).urlencode()
    url = reverse("staff:inbox")
    return redirect(f"{url}?{query}" if query else url)
