"""What staff are told without asking: read, unread, and whether by e-mail too."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from trunks import access
from trunks.models import Notice
from trunks.services import notices
from trunks.templatetags import ui
from trunks.web import asked
from trunks.web.listing import link, page_of

TONES = {Notice.Kind.BLOCKED: "danger", Notice.Kind.UNBLOCKED: "ok"}
ALL, UNREAD = "", "unread"


@access.staff_required()
@require_safe
def notice_list(request: HttpRequest) -> HttpResponse:
    """Every notice, newest first, or only what this person has not read yet."""
    told = access.notices_for(request.user)
    unread = told.unread_by(access.person_of(request.user), timezone.now())
    counts = told.order_by().aggregate(all=Count("pk"), unread=Count("pk", Q(pk__in=unread)))
    shown = UNREAD if asked.text(request, "show") == UNREAD else ALL
    rows = (unread if shown else told).recent_first().select_related("account", "trunk")
    page = page_of(request, rows, count=counts[shown or "all"])
    fresh = unread.filter(pk__in=[notice.pk for notice in page]).values_list("pk", flat=True)
    context = {
        "page": page,
        "rows": notice_rows(page, set(fresh)),
        "tabs": _tabs(request, counts, shown),
        "unread": counts["unread"],
    }
    return render(request, "staff/notices/list.html", context)


def notice_rows(page: Iterable[Notice], unread: set[int]) -> list[dict[str, Any]]:
    return [
        {
            "pk": notice.pk,
            "tone": TONES.get(Notice.Kind(notice.kind), "neutral"),
            "title": notice.title,
            "url": _url_of(notice),
            "note": notice.text,
            "account": notice.account.name if notice.account else "",
            "at": ui.when(notice.at),
            "is_unread": notice.pk in unread,
        }
        for notice in page
    ]


def _url_of(notice: Notice) -> str:
    if notice.trunk_id:
        return reverse("staff:trunk-detail", args=[notice.trunk_id])
    return reverse("staff:account-detail", args=[notice.account_id]) if notice.account_id else ""


def _tabs(request: HttpRequest, counts: dict[str, int], shown: str) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "url": link(request.GET, show=value or None),
            "count": f"{counts[value or 'all']:,}",
            "current": shown == value,
        }
        for label, value in (("All", ALL), ("Unread", UNREAD))
    ]


@access.staff_required()
@require_POST
def notice_read(request: HttpRequest, pk: int) -> HttpResponse:
    """Read, or to be read again, for this person alone."""
    notice = access.notice_for(request.user, pk)
    if request.POST.get("read") == "no":
        notices.mark_unread(notice, reader=access.person_of(request.user))
    else:
        notices.mark_read([notice], reader=access.person_of(request.user))
    return _back(request)


@access.staff_required()
@require_POST
def notice_read_all(request: HttpRequest) -> HttpResponse:
    notices.mark_all_read(access.notices_for(request.user), reader=access.person_of(request.user))
    messages.success(request, "All notices are read.")
    return redirect("staff:notice-list")


@access.staff_required()
@require_POST
def notice_mail(request: HttpRequest) -> HttpResponse:
    """Each for themselves: whether notices come by e-mail too."""
    wanted = request.POST.get("wanted") == "yes"
    notices.choose_mail(wanted, reader=access.person_of(request.user))
    said = "You are told by e-mail from now on." if wanted else "No more e-mails."
    messages.success(request, said)
    return redirect("staff:notice-list")


def _back(request: HttpRequest) -> HttpResponse:
    """To the list as it was: the same tab, the same page."""
    query = request.GET.urlencode()
    return redirect(reverse("staff:notice-list") + (f"?{query}" if query else ""))
