"""What stands around every page: the sidebar with its counts, the bell, the role under a name."""

from functools import cache
from typing import Any

from django.db.models import Count, QuerySet, Subquery, Value
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from trunks import access
from trunks.models import Account

Nav = list[dict[str, Any]]

# (title, ((label, URL name, icon, what its URL names begin with), …)) as staff see them.
SECTIONS = (
    (
        "",
        (
            ("Overview", "overview", "squares-2x2", "overview"),
            ("Inbox", "inbox", "inbox", "inbox"),
            ("Trunks", "trunk-list", "phone-arrow-up-right", "trunk-"),
            ("Changes", "change-list", "arrow-path-rounded-square", "change-"),
            ("Batches", "batch-list", "rectangle-stack", "batch-"),
            ("DIDs", "did-list", "hashtag", "did-"),
        ),
    ),
    (
        "Customers",
        (
            ("Customers", "customer-list", "building-office-2", "customer-"),
            ("Requests", "approval-list", "hand-raised", "approval-"),
            ("Guard rails", "rails-list", "shield-check", "rails-"),
        ),
    ),
    (
        "Upstream",
        (
            ("Accounts", "account-list", "server-stack", "account-"),
            ("Pulls", "sync-list", "arrow-down-tray", "sync-"),
        ),
    ),
)
# As members see them, each with the right that it asks for.
PORTAL = (
    ("Home", "home", "squares-2x2", "home", "view_trunk"),
    ("Trunks", "trunk-list", "phone-arrow-up-right", "trunk-", "view_trunk"),
    ("Changes", "change-list", "arrow-path-rounded-square", "change-", "view_change"),
    ("Numbers", "did-list", "hashtag", "did-", "view_did"),
    ("People", "member-list", "users", "member-", "view_membership"),
    ("Passwords", "password-list", "key", "password-", "view_auditentry"),
)
MOST_UNREAD = 99
DECIDING = ("change-conflict", "change-doubt", "change-ignore")  # pages of the inbox
ROLES = (("delete_trunk", "Administrator"), ("change_trunk", "Support agent"))


def chrome(request: HttpRequest) -> dict[str, Any]:
    """`nav`, `user_role` and staff's `unread_notices`, worked out only when a page shows them."""
    user = getattr(request, "user", None)
    if user is None:
        return {}
    if not access.is_staff(user):
        return _portal(request)
    counts = cache(lambda: _counts(request))
    return {
        "nav": SimpleLazyObject(lambda: staff_nav(request, counts())),
        "unread_notices": SimpleLazyObject(lambda: counts().get("notice-list", "")),
        "user_role": SimpleLazyObject(lambda: role_of(request)),
    }


def _portal(request: HttpRequest) -> dict[str, Any]:
    """What stands around a member's pages."""
    return {
        "nav": SimpleLazyObject(lambda: _portal_nav(request)),
        "user_role": SimpleLazyObject(lambda: _portal_role(request)),
    }


def _portal_nav(request: HttpRequest) -> Nav:
    match = request.resolver_match
    here = match.url_name or "" if match and match.namespace == "portal" else ""
    actor = access.actor_of(request.user)
    items = [
        _item(*item, here=here, counts={}, space="portal")
        for *item, right in PORTAL
        if actor.may(right)
    ]
    return [{"label": "", "items": items}]


def _portal_role(request: HttpRequest) -> str:
    member = access.membership_of(request.user)
    return f"{member.get_role_display()}, {member.customer}" if member else ""


def role_of(request: HttpRequest) -> str:
    actor = access.actor_of(request.user)
    return next((label for right, label in ROLES if actor.may(right)), "Viewer")


def staff_nav(request: HttpRequest, counts: dict[str, str]) -> Nav:
    match = request.resolver_match
    here = match.url_name or "" if match and match.namespace == "staff" else ""
    here = "inbox" if here in DECIDING else here
    return [
        {"label": title, "items": [_item(*item, here=here, counts=counts) for item in items]}
        for title, items in SECTIONS
    ]


def _item(
    label: str,
    name: str,
    icon: str,
    family: str,
    *,
    here: str,
    counts: dict[str, str],
    space: str = "staff",
) -> dict[str, Any]:
    return {
        "label": label,
        "url": _url(name, space),
        "icon": icon,
        "count": counts.get(name, ""),
        "current": here.startswith(family),
    }


def _url(name: str, space: str) -> str:
    try:
        return reverse(f"{space}:{name}")
    except NoReverseMatch:  # an error page of a site that is not whole must still be shown
        return "/"


def _counts(request: HttpRequest) -> dict[str, str]:
    """All counts in one query; no account, no counts (nothing exists without one)."""
    user = request.user
    row = (
        Account.objects.order_by()
        .values(
            trunk_count=_count(access.trunks_for(user).present()),
            waiting_count=_count(access.changes_for(user).unsettled()),
            batch_count=_count(access.batches_for(user).under_way()),
            did_count=_count(access.dids_for(user)),
            undecided_count=_count(access.changes_for(user).undecided()),
            doubt_count=_count(access.changes_for(user).in_doubt()),
            held_count=_count(access.changes_for(user).held()),
            asking_count=_count(access.accounts_for(user).filter(pause="question")),
            account_count=_count(access.accounts_for(user)),
            customer_count=_count(access.customers_for(user)),
            request_count=_count(access.changes_for(user).requests()),
            unread_count=_count(_unread(request)),
        )
        .first()
    )
    if row is None:
        return {}
    changes = (row["undecided_count"] or 0) + (row["doubt_count"] or 0) + (row["held_count"] or 0)
    to_decide = changes + (row["asking_count"] or 0)
    return {
        "inbox": f"{to_decide:,}" if to_decide else "",
        "trunk-list": f"{row['trunk_count'] or 0:,}",
        "change-list": f"{row['waiting_count']:,} waiting" if row["waiting_count"] else "",
        "batch-list": f"{row['batch_count']:,} under way" if row["batch_count"] else "",
        "did-list": f"{row['did_count'] or 0:,}",
        "customer-list": f"{row['customer_count'] or 0:,}",
        "approval-list": f"{row['request_count']:,} waiting" if row["request_count"] else "",
        "account-list": f"{row['account_count'] or 0:,}",
        "notice-list": _at_most(row["unread_count"] or 0),
    }


def _unread(request: HttpRequest) -> QuerySet[Any]:
    told = access.notices_for(request.user)
    return told.unread_by(access.person_of(request.user), timezone.now())


def _at_most(count: int) -> str:
    """A number small enough for a bell; none for nothing."""
    return f"{MOST_UNREAD}+" if count > MOST_UNREAD else str(count or "")


def _count(rows: QuerySet[Any]) -> Subquery:
    """A whole queryset's count as one value of another query."""
    grouped = rows.order_by().annotate(one=Value(1)).values("one")
    return Subquery(grouped.annotate(count=Count("pk")).values("count"))
