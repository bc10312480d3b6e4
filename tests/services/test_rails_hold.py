"""No sequence of what members do leaves a trunk further outside its guard rails than it was without
an approval: through any face, in any order, whatever staff do in between."""

from contextlib import suppress
from typing import Any

import pytest
from django.db import transaction
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.services.conftest import of_type
from trunks.access import actor_of
from trunks.domain.actor import SYSTEM
from trunks.domain.guardrails import DEFAULT, Facts, Rails, judge, load
from trunks.domain.patch import patch_between, stated
from trunks.domain.units import METHOD, SIP_IPS, TYPE
from trunks.models import Account, Change, Did, Trunk, User
from trunks.sandbox import Sandbox
from trunks.services.accounts import client_for
from trunks.services.assigning import assign
from trunks.services.courses import Ask
from trunks.services.delivering import drain
from trunks.services.errors import Invalid, NeedsApproval
from trunks.services.guarding import who_blocked
from trunks.services.history import restore
from trunks.services.proposing import plan_many, propose
from trunks.services.pulling import pull
from trunks.services.rails import set_rails
from trunks.services.requesting import request
from trunks.services.submitting import submit
from trunks.services.tokens import create_token
from trunks.upstream import Deadline

ROOMY = {
    "most_calls": 20,
    "most_spent": "100.0",
    "widest_ipv4": 29,
    "destinations": ["ES", "44"],
    "least_encryption": "srtp_sdes",
    "acts": ["create", "switch_method"],
}
RAILS: list[dict[str, Any]] = [{}, ROOMY, {"fields": {"capacity_limit": "free"}, **ROOMY}]
WISHES: list[dict[str, Any]] = [
    {"capacity_limit": 15},
    {"capacity_limit": 25},
    {"capacity_limit": None},
    {"capacity_limit": 3, "threshold_amount": "99.0"},
    {"threshold_amount": "5000.0"},
    {"default_dst_action": "allow_all", "dst_prefixes": ("49",)},
    {"default_dst_action": "reject_all", "dst_prefixes": ("34", "447")},
    {"default_dst_action": "reject_all", "dst_prefixes": ("34", "49")},
    {"dst_prefixes": ()},
    {"dst_prefixes": ("49", "7")},
    {SIP_IPS: ("198.51.100.0/25",)},
    {SIP_IPS: ("198.51.100.0/24", "192.0.2.0/29")},
    {SIP_IPS: ("198.51.100.0/24", "192.0.2.0/29", "192.0.2.8/29")},
    {SIP_IPS: ("0.0.0.0/0",)},
    {TYPE: "twilio", METHOD + "twilio_account_sid": "AC" + "a" * 32},
    {TYPE: "credentials_and_ip", SIP_IPS: ("203.0.113.0/24",)},
    {TYPE: "credentials_and_ip", SIP_IPS: ("203.0.113.0/30",)},
    {"media_encryption_mode": "zrtp"},
    {"media_encryption_mode": "disabled"},
    {"allowed_rtp_ips": ("192.0.2.0/24",)},
    {"allowed_rtp_ips": ()},
    {"allow_any_did_as_cli": True},
    {"allow_any_did_as_cli": False, "dids": (0,)},
    {"dids": (0, 1)},
    {"dids": (2,)},
    {"on_cli_mismatch_action": "send_original_cli"},
    {"emergency_enable_all": True},
    {"callback_url": "https://example.com/hook"},
    {"status": "blocked"},
    {"status": "active"},
    {"force_symmetric_rtp": True, "name": "Elsewhere"},
]
MEMBERS = ("edits", "asks as a program", "edits many", "requests", "restores")
acts = st.one_of(
    st.tuples(st.sampled_from((*MEMBERS, "staff edit", "upstream moves")), st.sampled_from(WISHES)),
    st.tuples(st.sampled_from(("all is sent", "rails are set")), st.sampled_from(RAILS)),
)


class Stage:
    """A trunk of Acme's, what is asked of it, and what upstream holds."""

    def __init__(self, account: Account, sandbox: Sandbox, alice: User, ada: User):
        self.account, self.sandbox = account, sandbox
        self.alice, self.ada = actor_of(alice), actor_of(ada)
        self.customer = alice.membership.customer
        token = create_token("PBX", scopes=["read", "write"], customer=self.customer, actor=SYSTEM)
        self.program = actor_of(token[0])
        trunk = of_type("credentials_and_ip", allow_any_did_as_cli=False)
        assign([trunk], self.customer, actor=SYSTEM)
        self.id, self.began = str(trunk.pk), trunk.first_seen_at
        own = Did.objects.of_customer(self.customer.pk).order_by("pk")[:2]
        other = Did.objects.filter(customer=None, voice_out=True, awaiting_registration=False)
        self.dids = [str(did.pk) for did in (*own, *other.order_by("pk")[:3])]
        self.rails = DEFAULT

    @property
    def trunk(self) -> Trunk:
        return Trunk.objects.with_linkage().get(pk=self.id)

    def act(self, who: str, what: dict[str, Any]) -> None:
        what = {u: tuple(self.dids[i] for i in v) if u == "dids" else v for u, v in what.items()}
        with suppress(Invalid):
            self._act(who, what)

    def _act(self, who: str, what: dict[str, Any]) -> None:
        if who == "rails are set":
            self.rails = load(what)
            set_rails(self.customer, own=what, actor=SYSTEM)
        elif who == "all is sent":
            self.send()
        elif who == "upstream moves":
            lists = {u: list(v) if isinstance(v, tuple) else v for u, v in what.items()}
            plain = {u: v for u, v in lists.items() if not u.startswith(METHOD) and u != "dids"}
            self.sandbox.change_trunk(self.id, **plain)
        elif who == "staff edit":
            self.send()  # what members asked for before, judged by itself
            self._ask(self.ada, what, "staff")
            drain(self.account)
        else:
            self._members(who, what)

    def _members(self, who: str, what: dict[str, Any]) -> None:
        if who == "edits many":
            patch = patch_between(self.trunk.units(), what)
            for planned in plan_many([Ask(self.trunk, patch)], actor=self.alice, origin="bulk"):
                if planned.change:
                    planned.change.save(force_insert=True)
                    submit(planned.change, actor=self.alice)
        elif who == "requests":
            self._request(what)
        elif who == "restores":
            submit(restore(self.trunk, self.began, actor=self.alice), actor=self.alice)
        else:
            self._ask(self.program if "program" in who else self.alice, what, "portal")

    def _ask(self, actor: Any, what: dict[str, Any], origin: str) -> None:
        whole = actor is self.program
        patch = stated(what) if whole else patch_between(self.trunk.units(), what)
        submit(propose(self.trunk, patch, actor=actor, origin=origin), actor=actor)

    def _request(self, what: dict[str, Any]) -> None:
        patch = patch_between(self.trunk.units(), what)
        change = propose(self.trunk, patch, actor=self.alice, origin="portal", on_request=True)
        try:
            submit(change, actor=self.alice)
        except NeedsApproval:
            request(change, actor=self.alice)

    def send(self) -> None:
        """Everything that waits, one by one: each is held against what upstream had before it."""
        facts = Facts(
            blocked_by=self._blocked_by(),
            own_dids=frozenset(self.dids[:2]),
        )
        before = self.upstream()
        drain(self.account)
        assert not Change.objects.unsettled().exists()
        breaches = judge(self.rails, before, self.upstream(), facts=facts)
        assert breaches == (), breaches

    def _blocked_by(self) -> str:
        """Blocks and frees within one sending aside, which are the members' own."""
        found = who_blocked(self.trunk) if self.trunk.status == "blocked" else "member"
        return found if self.upstream()["status"] == self.trunk.status else ""

    def upstream(self) -> dict[str, Any]:
        client = client_for(self.account)
        try:
            return client.trunk_with_included(self.id, Deadline(5))[0].units()
        finally:
            client.close()


def play(stage: Stage, script: list[tuple[str, dict[str, Any]]], start: Rails) -> None:
    stage._act("rails are set", start)  # type: ignore[arg-type]
    for who, what in script:
        stage.act(who, what)
    stage.send()
    assert not Change.objects.filter(state="applied", is_railed=True).exclude(breaches=[]).exists()


OPEN = {"default_dst_action": "allow_all", "dst_prefixes": ("49",)}
CLOSED = {"default_dst_action": "reject_all", "dst_prefixes": ("34", "447")}
REFUSE_MORE = {"dst_prefixes": ("49", "7")}


@pytest.mark.django_db
@settings(max_examples=8)
@example(
    [("staff edit", WISHES[3]), ("edits", WISHES[0]), ("rails are set", {})], ROOMY
)  # what was inside its rails is not any more when its turn comes
@example(
    [("staff edit", OPEN), ("edits", REFUSE_MORE), ("upstream moves", CLOSED)], {}
)  # one prefix more to refuse has become one more to allow
@given(st.lists(acts, min_size=3, max_size=9), st.sampled_from(RAILS))
def test_members_get_no_trunk_further_outside_whatever_they_do(
    account, sandbox, alice, ada, script, start
):
    _once(account, sandbox, alice, ada, script, start)


@pytest.mark.deep
@pytest.mark.django_db
@settings(max_examples=150)
@given(st.lists(acts, min_size=3, max_size=25), st.sampled_from(RAILS))
def test_members_get_no_trunk_further_outside_in_long_scripts(
    account, sandbox, alice, ada, script, start
):
    _once(account, sandbox, alice, ada, script, start)


def _once(account, sandbox, alice, ada, script, start) -> None:
    sandbox.reset(trunks=8, dids=40)
    with transaction.atomic():
        assert pull(account).state == "done"
        play(Stage(account, sandbox, alice, ada), script, start)
        transaction.set_rollback(True)


def test_a_new_trunk_is_no_way_around(pulled, sandbox, alice, acme):
    """Created inside the rails, edited step by step: it ends where one step may lead."""
    set_rails(acme, own=ROOMY, actor=SYSTEM)
    actor = actor_of(alice)
    new = {
        "name": "Way around",
        "on_cli_mismatch_action": "reject_call",
        "capacity_limit": 20,
        "threshold_amount": "100.0",
        "default_dst_action": "reject_all",
        "dst_prefixes": ("34",),
        "media_encryption_mode": "srtp_sdes",
        TYPE: "credentials_and_ip",
        SIP_IPS: ("192.0.2.0/29",),
    }
    plan = propose(None, stated(new), kind="create", actor=actor, origin="portal", account=pulled)
    submit(plan, actor=actor)
    drain(pulled)
    plan.refresh_from_db()
    assert plan.state == "applied"
    id_ = str(plan.trunk_id)
    start = Trunk.objects.get(pk=id_).units()
    for wish in (wish for wish in WISHES if "dids" not in wish):
        trunk = Trunk.objects.get(pk=id_)
        with suppress(Invalid):
            patch = patch_between(trunk.units(), wish)
            submit(propose(trunk, patch, actor=actor, origin="portal"), actor=actor)
        drain(pulled)
    end = Trunk.objects.get(pk=id_).units()
    assert start != end
    for first in (None, start):
        assert judge(load(ROOMY), first, end, facts=Facts(blocked_by="member")) == ()
