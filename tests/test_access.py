"""Who gets where: every route of the project in one table. A route without a row fails."""

import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.portal.pages import PORTAL_PAGES
from trunks.domain.actor import SYSTEM
from trunks.models import (
    Account,
    Batch,
    Change,
    Decision,
    IgnoredField,
    Notice,
    RailTemplate,
    Trunk,
    User,
)
from trunks.models.clock import database_now
from trunks.services.submitting import decide

Kind = Decision.Kind
OPEN, SIGNED_IN, STAFF, TOKEN, ADMIN = "open", "signed in", "staff", "token", "admin"
MACHINERY = "this machine, or the token"  # tests/test_metrics.py

# The right a staff page asks for; what a POST to it asks for is the same.
STAFF_PAGES = {
    "overview": "view_trunk",
    "trunk-list": "view_trunk",
    "trunk-detail": "view_trunk",
    "trunk-refresh": "pull_account",
    "trunk-history": "view_change",
    "trunk-compare": "view_change",
    "trunk-restore": "change_trunk",
    "did-list": "view_did",
    "change-list": "view_change",
    "change-detail": "view_change",
    "change-status": "view_change",
    "account-list": "view_account",
    "account-detail": "view_account",
    "account-progress": "view_account",
    "account-pull": "pull_account",
    "account-answer": "change_account",
    "account-requests": "view_account",
    "account-callback-secret": "change_account",
    "sync-list": "view_syncrun",
    "notice-list": "view_trunk",
    "notice-read": "view_trunk",
    "notice-read-all": "view_trunk",
    "notice-mail": "view_trunk",
    "trunk-new": "add_trunk",
    "trunk-auth-fields": "change_trunk",
    "trunk-edit": "change_trunk",
    "trunk-block": "change_trunk",
    "trunk-unblock": "change_trunk",
    "trunk-regenerate": "regenerate_credentials",
    "trunk-delete": "delete_trunk",
    "did-picker": "change_trunk",
    "change-review": "change_trunk",
    "change-take-back": "change_trunk",
    "trunk-export": "view_trunk",
    "batch-list": "view_change",
    "batch-new": "change_trunk",
    "batch-import": "change_trunk",
    "batch-detail": "view_change",
    "batch-progress": "view_change",
    "batch-apply": "change_trunk",
    "batch-pause": "change_trunk",
    "batch-resume": "change_trunk",
    "batch-cancel": "change_trunk",
    "batch-discard": "change_trunk",
    "batch-undo": "change_trunk",
    "inbox": "view_change",
    "inbox-gone": "view_trunk",
    "inbox-ignored": "view_change",
    "inbox-acknowledge": "decide_change",
    "inbox-release": "decide_change",
    "inbox-give-up": "decide_change",
    "field-watch": "decide_change",
    "change-conflict": "view_change",
    "change-leave": "decide_change",
    "change-revert": "decide_change",
    "change-ignore": "decide_change",
    "change-doubt": "view_change",
    "trunk-again": "add_trunk",
    "customer-list": "view_customer",
    "customer-new": "add_customer",
    "customer-detail": "view_customer",
    "customer-edit": "change_customer",
    "customer-rails": "change_customer",
    "customer-invite": "change_membership",
    "member-role": "change_membership",
    "member-remove": "change_membership",
    "invitation-revoke": "change_membership",
    "rails-list": "view_customer",
    "rails-new": "change_railtemplate",
    "rails-edit": "change_railtemplate",
    "rails-delete": "change_railtemplate",
    "approval-list": "view_change",
    "approval-detail": "approve_change",
    "assignment-new": "assign_trunk",
    "assignment-rule-new": "assign_trunk",
}
DOORS = {
    "home": SIGNED_IN,
    "invitation": OPEN,  # who has its link; tests/web/test_sign_in.py
    "mfa_index": SIGNED_IN,
    "mfa_activate_totp": SIGNED_IN,
    "mfa_qr_code": SIGNED_IN,
    "mfa_deactivate_totp": SIGNED_IN,
    "mfa_view_recovery_codes": SIGNED_IN,
    "mfa_generate_recovery_codes": SIGNED_IN,
    "mfa_download_recovery_codes": SIGNED_IN,
    "mfa_authenticate": "who has given their password",
    "mfa_reauthenticate": SIGNED_IN,
    "usersessions_list": SIGNED_IN,
    "callback": OPEN,
    "healthz": OPEN,
    "readyz": OPEN,
    "metrics": MACHINERY,
}
NOT_OF_ONE = ("-list", "-new", "-picker", "-read-all", "-mail", "-export", "-import")
WRITES_ONLY = {
    "change-take-back",
    "trunk-refresh",
    "trunk-restore",
    "account-pull",
    "account-answer",
    "notice-read",
    "notice-read-all",
    "notice-mail",
    "trunk-block",
    "trunk-unblock",
    "trunk-auth-fields",
    "trunk-again",
    "inbox-acknowledge",
    "inbox-release",
    "inbox-give-up",
    "field-watch",
    "customer-invite",
    "member-role",
    "member-remove",
    "invitation-revoke",
    "rails-delete",
    "change-leave",
    "change-revert",
    "batch-apply",
    "batch-pause",
    "batch-resume",
    "batch-cancel",
    "batch-discard",
    "batch-undo",
}


def routes(patterns: list[URLPattern | URLResolver], space: str = "") -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, pattern.namespace or space)
        else:
            yield space, pattern.name or str(pattern.pattern)


def test_every_route_has_a_row():
    unknown = [
        (space, name)
        for space, name in routes(get_resolver().url_patterns)
        if not (
            (space == "staff" and name in STAFF_PAGES)
            or (space == "portal" and name in PORTAL_PAGES)
            or (space == "" and (name in DOORS or name.startswith("account_")))
            or space in ("api", "admin")  # the API has a sweep of its own, the admin Django's
        )
    ]
    assert unknown == []


@pytest.fixture
def world(pulled: Account, ada: User, ann: User) -> dict[str, object]:
    trunk = Trunk.objects.filter(auth_type="credentials_and_ip")[0]
    change = Change.objects.create(
        account=pulled,
        trunk=trunk,
        kind="update",
        origin="staff",
        actor_kind="staff",
        actor_id=str(ada.pk),
        actor_label="Ada Lind",
        created_at=database_now(),
    )
    notice = Notice.objects.create(kind="blocked", title="Blocked", at=database_now())
    ignored = IgnoredField.objects.create(
        trunk=trunk, unit="rtp_timeout", decision=decide(change, Kind.IGNORED, actor=SYSTEM)
    )
    return {
        **of_a_customer(ann),
        "approval": change.pk,
        "trunk": trunk.pk,
        "change": change.pk,
        "account": pulled.pk,
        "notice": notice.pk,
        "field": ignored.pk,
        "batch": Batch.objects.create(kind="edit", created_at=database_now()).pk,
    }


def of_a_customer(member: User) -> dict[str, object]:
    """One of everything that belongs to a customer, by the first word of its routes."""
    customer, now = member.membership.customer, database_now()
    invited = customer.invitations.create(
        email="amy@acme.example",
        role="viewer",
        digest="of nothing",
        created_at=now,
        expires_at=now + timedelta(days=7),
    )
    return {
        "customer": customer.pk,
        "member": member.membership.pk,
        "invitation": invited.pk,
        "rails": RailTemplate.objects.create(name="Small").pk,
    }


def url_of(name: str, world: dict[str, object]) -> str:
    noun = name.partition("-")[0]
    if name.endswith(NOT_OF_ONE) or name.startswith("inbox") or name == "overview":
        return reverse(f"staff:{name}")
    return reverse(f"staff:{name}", args=[world[noun]])


def ask(client: Client, name: str, url: str) -> int:
    return client.post(url).status_code if name in WRITES_ONLY else client.get(url).status_code


def test_strangers_are_sent_to_sign_in_and_learn_nothing(world, client):
    for name in STAFF_PAGES:
        for url in (url_of(name, world), url_of(name, {k: _other(v) for k, v in world.items()})):
            assert ask(client, name, url) == 302, name
            assert client.post(url).headers["Location"].startswith("/accounts/login/"), name


def _other(value: object) -> object:
    return uuid.uuid4() if isinstance(value, uuid.UUID) else 999_999


@pytest.mark.parametrize("who", ["alice", "ann", "abe", "bob", "nobody"])
def test_who_is_not_staff_finds_no_staff_page(world, client_of, request, who):
    client = client_of(request.getfixturevalue(who))
    for name in STAFF_PAGES:
        assert ask(client, name, url_of(name, world)) == 404, name
        assert client.post(url_of(name, world)).status_code == 404, name


def test_what_is_for_people_asks_strangers_to_sign_in(client, db):
    for name in [name for name, who in DOORS.items() if who == SIGNED_IN]:
        answer = client.get(reverse(name))
        assert answer.status_code == 302, name
        assert answer.headers["Location"].startswith("/accounts/login/"), name
    assert client.get(reverse("mfa_authenticate")).headers["Location"] == "/accounts/login/"


def test_each_is_sent_to_their_own_home(client_of, sam, abe, nobody):
    assert client_of(sam).get("/").headers["Location"] == "/staff/"
    assert client_of(abe).get("/").headers["Location"] == "/portal/"
    page = client_of(nobody).get("/")
    assert page.status_code == 403
    assert "belongs to nobody" in page.content.decode()


@pytest.mark.parametrize("role", ["vera", "sam", "ada"])
def test_each_role_gets_exactly_what_its_rights_say(world, client_of, request, role):
    user = request.getfixturevalue(role)
    client = client_of(user)
    for name, right in STAFF_PAGES.items():
        allowed = user.has_perm(f"trunks.{right}")
        status = ask(client, name, url_of(name, world))
        assert (status != 403) == allowed, (name, status)
        assert status < 500, (name, status)
        if not allowed:
            assert client.post(url_of(name, world)).status_code == 403, name


def test_what_does_not_exist_is_not_found(world, client_of, ada):
    client = client_of(ada)
    for name in STAFF_PAGES:
        url = url_of(name, world)
        if (other := url_of(name, {k: _other(v) for k, v in world.items()})) != url:
            assert ask(client, name, other) == 404, name


def test_a_dismissed_agent_is_out_at_once(world, client_of, sam):
    client = client_of(sam)
    assert client.get("/staff/").status_code == 200
    User.objects.filter(pk=sam.pk).update(is_staff=False)
    assert client.get("/staff/").status_code == 404


def test_forms_without_their_token_are_refused(world, sam):
    client = Client(enforce_csrf_checks=True)
    client.force_login(sam, backend="django.contrib.auth.backends.ModelBackend")
    for name in sorted(WRITES_ONLY):
        assert client.post(url_of(name, world)).status_code == 403, name
