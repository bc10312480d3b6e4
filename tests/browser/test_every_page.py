"""Every page, in both themes, wide and on a phone: axe, the console, and no sideways scroll."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Page

from tests.browser.axe import NARROW, WIDE, violations
from tests.told import event_of, given_secret, tell
from trunks.access import actor_of
from trunks.domain.patch import Edit, Patch, Put
from trunks.domain.units import SIP_IPS
from trunks.models import Account, Change, Trunk, User
from trunks.models.clock import database_now
from trunks.sandbox import Sandbox
from trunks.services.batches import apply_batch
from trunks.services.bulk_edits import plan_edit
from trunks.services.delivering import deliver
from trunks.services.proposing import propose
from trunks.services.pulling import pull
from trunks.services.submitting import submit

SIDEWAYS = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def eventful(pulled: Account, sandbox: Sandbox, ada: User) -> dict[str, str]:
    """A mirror in which something of everything has happened; paths by what they show."""
    actor = actor_of(ada)
    trunks = list(Trunk.objects.filter(auth_type="credentials_and_ip").order_by("pk")[:6])

    def ask(trunk: Trunk, **wanted: object) -> Change:
        patch = {name: Put(value) for name, value in wanted.items()}
        return propose(trunk, patch, actor=actor, origin="staff", reason="Ticket 8841")

    def send(change: Change) -> Change:
        return deliver(submit(change, actor=actor))

    applied = send(ask(trunks[0], rtp_timeout=77))
    refused = send(ask(trunks[1], name=trunks[2].name))
    sandbox.change_trunk(str(trunks[2].pk), rtp_timeout=88, dst_prefixes=["47"])
    conflict = send(ask(trunks[2], rtp_timeout=99))
    sandbox.fault("drop_after", method="PATCH")
    unknown = send(ask(trunks[3], rtp_timeout=66))
    sandbox.clear_faults()
    sandbox.delete_trunk(str(trunks[4].pk))
    sandbox.change_trunk(str(trunks[5].pk), name="Endless" * 42)
    sandbox.create_trunk(
        name="Tomorrow",
        authentication_method={"type": "sip_registration", "attributes": {"realm": "x"}},
    )
    pull(pulled)
    review = ask(trunks[5], threshold_amount="99999.0")
    tell(given_secret(pulled), event_of(trunks[0].pk), event_of(trunks[5].pk, status="active"))
    many = Trunk.objects.with_linkage().present()
    patch: Patch = {SIP_IPS: Edit(add=("203.0.113.0/24",)), "capacity_limit": Put(60)}
    plan = plan_edit(many, patch, actor=actor, title="Networks +1, Calls at once → 60")
    batch = plan_edit(many.filter(pk=trunks[0].pk), {"rtp_timeout": Put(78)}, actor=actor)
    apply_batch(batch, actor=actor, reason="Ticket 8841")
    for one in batch.changes.all():
        deliver(one)
    deletion, doubt = undecided_deletion(trunks[0], sandbox, ada), doubtful_create(pulled, ada)
    Account.objects.update(pause="question", pause_reason="Gone?", paused_at=database_now())
    kinds = {t: Trunk.objects.filter(auth_type=t).first() for t in ("ip_only", "twilio")}
    tomorrow = Trunk.objects.get(name="Tomorrow")
    first_seen = quote(trunks[2].first_seen_at.isoformat())
    drift = Change.objects.drift().filter(trunk=trunks[5])[0]
    return {
        "overview": "/staff/",
        "list": "/staff/trunks/",
        "nothing found": "/staff/trunks/?q=nothing-like-this",
        "tab": "/staff/trunks/?tab=drifted",
        "trunk": f"/staff/trunks/{trunks[0].pk}/",
        "trunk refused": f"/staff/trunks/{trunks[1].pk}/",
        "history": f"/staff/trunks/{trunks[2].pk}/history/",
        "history of nothing": f"/staff/trunks/{trunks[2].pk}/history/?kind=delete",
        "history of a tombstone": f"/staff/trunks/{trunks[4].pk}/history/",
        "two moments": f"/staff/trunks/{trunks[2].pk}/history/compare/?one={first_seen}",
        "unseen moment": f"/staff/trunks/{trunks[2].pk}/history/compare/?one=2020-01-01T00:00",
        "trunk in conflict": f"/staff/trunks/{trunks[2].pk}/",
        "trunk unknown outcome": f"/staff/trunks/{trunks[3].pk}/",
        "tombstone": f"/staff/trunks/{trunks[4].pk}/",
        **{kind: f"/staff/trunks/{t.pk}/" for kind, t in kinds.items() if t},
        "unknown method": f"/staff/trunks/{tomorrow.pk}/",
        "edit unknown method": f"/staff/trunks/{tomorrow.pk}/edit/",
        "new": "/staff/trunks/new/",
        "dids": "/staff/dids/",
        "changes": "/staff/changes/",
        "applied": f"/staff/changes/{applied.pk}/",
        "refused": f"/staff/changes/{refused.pk}/",
        "conflict": f"/staff/changes/{conflict.pk}/",
        "unknown": f"/staff/changes/{unknown.pk}/",
        "review": f"/staff/changes/{review.pk}/review/",
        "inbox": "/staff/inbox/",
        "inbox filtered": "/staff/inbox/?kind=gone",
        "inbox nothing found": "/staff/inbox/?kind=credentials",
        "inbox gone": "/staff/inbox/gone/",
        "inbox ignored": "/staff/inbox/ignored/",
        "decide conflict": f"/staff/changes/{conflict.pk}/conflict/",
        "decide deletion": f"/staff/changes/{deletion.pk}/conflict/",
        "decide doubt": f"/staff/changes/{doubt.pk}/doubt/",
        "ignore": f"/staff/changes/{drift.pk}/ignore/",
        "many ticked": f"/staff/batches/new/?trunk={trunks[0].pk}&trunk={trunks[1].pk}",
        "plan for many": f"/staff/batches/{plan.pk}/",
        "refused in the plan": f"/staff/batches/{plan.pk}/?tab=refused",
        "batch": f"/staff/batches/{batch.pk}/",
        "batches": "/staff/batches/",
        "import": "/staff/batches/import/",
        "accounts": "/staff/accounts/",
        "account": f"/staff/accounts/{pulled.pk}/",
        "callback secret": f"/staff/accounts/{pulled.pk}/callback-secret/",
        "requests": f"/staff/accounts/{pulled.pk}/requests/",
        "requests that failed": f"/staff/accounts/{pulled.pk}/requests/?failed=yes",
        "syncs": "/staff/syncs/",
        "notices": "/staff/notices/",
        "no notices": "/staff/notices/?show=unread&page=9",
        "not found": "/staff/nothing-here/",
    }


def undecided_deletion(trunk: Trunk, sandbox: Sandbox, ada: User) -> Change:
    """Reviewed, then moved by somebody upstream before it was sent."""
    actor = actor_of(ada)
    plan = propose(trunk, {}, kind="delete", actor=actor, origin="staff", reason="Unused")
    sandbox.change_trunk(str(trunk.pk), rtp_timeout=111)
    change = deliver(submit(plan, actor=actor))
    assert change.state == "conflicted"
    return change


def doubtful_create(account: Account, ada: User) -> Change:
    """Sent and never answered, and two trunks it may have become; one of them is not read yet."""
    now = database_now()
    found = [str(Trunk.objects.order_by("pk")[0].pk), "8a1f0d58-3f0c-4f9c-9d1b-1c7b1f6b0000"]
    return Change.objects.create(
        account=account,
        trunk_label="Twice",
        kind="create",
        state="delivering",
        origin="staff",
        actor_kind="staff",
        actor_id=str(ada.pk),
        actor_label="Ada Lind",
        patch={"name": {"set": "Twice"}, "capacity_limit": {"set": 12}},
        candidates=found,
        waiting_reason="more than one trunk of that name is there now",
        quarantined_at=now,
        created_at=now,
        submitted_at=now,
        sent_at=now,
        sends=1,
    )


def faults(page: Page) -> Iterator[str]:
    yield from violations(page)
    if page.evaluate(SIDEWAYS):
        yield "scrolls sideways"


@pytest.mark.parametrize(
    ("size", "theme"),
    [
        pytest.param(WIDE, "light", id="wide-light"),
        pytest.param(NARROW, "dark", id="narrow-dark"),
        pytest.param(NARROW, "light", id="narrow-light", marks=pytest.mark.deep),
        pytest.param(WIDE, "dark", id="wide-dark", marks=pytest.mark.deep),
    ],
)
def test_every_page_is_sound(visit, client_of, ada, eventful, complaints, size, theme):
    page = visit("/staff/", client_of(ada), viewport=size, color_scheme=theme)
    found = []
    for name, path in eventful.items():
        page.goto(path)
        found += [f"{name}: {fault}" for fault in faults(page)]
    complaints[:] = [c for c in complaints if "404" not in c]  # the page that is not found
    assert found == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/password/reset/"])
def test_the_pages_before_signing_in_are_sound(visit, path, theme):
    page = visit(path, viewport=NARROW, color_scheme=theme)
    assert list(faults(page)) == []


def test_sam_signs_in_finds_a_trunk_and_signs_out(visit, sam, pulled):
    page = visit("/staff/trunks/")
    page.get_by_label("Email").fill("sam@example.com")
    page.get_by_label("Password", exact=True).fill("correct horse battery staple")
    page.get_by_role("button", name="Sign in").click()
    trunk = Trunk.objects.filter(auth_type="credentials_and_ip")[0]
    username, name = str(trunk.auth_username), str(trunk.name)
    page.get_by_role("searchbox").first.fill(username)
    page.wait_for_url(f"**q={username}**")
    page.get_by_role("link", name=name).first.click()
    page.get_by_role("heading", name=name).wait_for()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/**")
