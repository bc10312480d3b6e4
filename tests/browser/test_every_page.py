"""Every page, in both themes, wide and on a phone: axe, the console, and no sideways scroll."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.browser.axe import NARROW, WIDE, violations
from trunks.access import actor_of
from trunks.domain.patch import Put
from trunks.models import Account, Change, Trunk, User
from trunks.models.clock import database_now
from trunks.sandbox import Sandbox
from trunks.services.delivering import deliver
from trunks.services.proposing import propose, submit
from trunks.services.pulling import pull

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
    Account.objects.update(pause="question", pause_reason="Gone?", paused_at=database_now())
    kinds = {t: Trunk.objects.filter(auth_type=t).first() for t in ("ip_only", "twilio")}
    tomorrow = Trunk.objects.get(name="Tomorrow")
    return {
        "overview": "/staff/",
        "list": "/staff/trunks/",
        "nothing found": "/staff/trunks/?q=nothing-like-this",
        "tab": "/staff/trunks/?tab=drifted",
        "trunk": f"/staff/trunks/{trunks[0].pk}/",
        "trunk refused": f"/staff/trunks/{trunks[1].pk}/",
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
        "accounts": "/staff/accounts/",
        "account": f"/staff/accounts/{pulled.pk}/",
        "syncs": "/staff/syncs/",
        "not found": "/staff/nothing-here/",
    }


def faults(page: Page) -> Iterator[str]:
    yield from violations(page)
    if page.evaluate(SIDEWAYS):
        yield "scrolls sideways"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
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
