"""What a trunk was at any moment, what differs between two, and the way back."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trunks.access import actor_of
from trunks.domain.patch import Edit, Op, Put, Whole, patch_between
from trunks.domain.units import LINKAGES, LISTS, METHOD, SIP_IPS, TYPE
from trunks.models import Account, Change, Did, Trunk
from trunks.models.clock import database_now
from trunks.sandbox import Sandbox
from trunks.services.accounts import client_for
from trunks.services.delivering import deliver
from trunks.services.errors import Denied, Invalid
from trunks.services.history import Standing, compare, plan_restoration, restore, settings_at
from trunks.services.proposing import propose
from trunks.services.pulling import pull
from trunks.services.refreshing import refresh
from trunks.services.submitting import submit
from trunks.upstream import Deadline, Missing

PREFIX = METHOD + "tech_prefix"
SID = METHOD + "twilio_account_sid"
CAPACITY = "capacity_limit"
FLAG = "allow_any_did_as_cli"


def now() -> datetime:
    """An instant after everything until here, and before everything from here."""
    at = database_now()
    while database_now() <= at:
        pass
    return at + timedelta(microseconds=1)


def as_sets(units):
    return {unit: frozenset(v) if unit in LISTS else v for unit, v in units.items()}


def upstream_units(account: Account, trunk_id: str) -> dict[str, Any] | None:
    """What upstream holds this very moment; None when it has no such trunk."""
    client = client_for(account)
    try:
        return as_sets(client.trunk_with_included(trunk_id, Deadline(5))[0].units())
    except Missing:
        return None
    finally:
        client.close()


def fresh(trunk: Trunk) -> Trunk:
    return Trunk.objects.get(pk=trunk.pk)


# --- Any moment -----------------------------------------------------------------------------------

# What somebody may wish for: a few settings at a time, in units.
WISHES: list[dict[str, Any]] = [
    {CAPACITY: 7},
    {CAPACITY: None, "rtp_timeout": 77},
    {"threshold_amount": "50.25", "callback_url": "https://example.com/hook"},
    {"dst_prefixes": ("47", "46"), "default_dst_action": "reject_all"},
    {"dst_prefixes": ("46", "881")},
    {"dst_prefixes": ()},
    {"allowed_rtp_ips": ("192.0.2.0/24",)},
    {"allowed_rtp_ips": ()},
    {SIP_IPS: ("203.0.113.0/24", "2001:db8::/32")},
    {SIP_IPS: ("203.0.113.7/32",), PREFIX: "12#"},
    {PREFIX: None},
    {TYPE: "twilio", SID: "AC" + "a" * 32},
    {TYPE: "credentials_and_ip", SIP_IPS: ("198.51.100.0/24",), PREFIX: "9"},
    {"dids": (0, 1)},
    {"dids": (1, 2)},
    {"dids": ()},
    {FLAG: True},
    {FLAG: False, "dids": (2,)},
    {FLAG: False},
    {"emergency_dids": (3,)},
    {"emergency_enable_all": True},
    {"emergency_enable_all": False},
    {"status": "blocked"},
    {"status": "active"},
]
ACTS: list[tuple[str, list[dict[str, Any]]]] = [
    ("we ask", WISHES),
    ("the answer is lost", WISHES),
    ("they do", WISHES),
    ("they do, with another read", WISHES),
    ("we make new credentials", [{}]),
    ("they make new credentials", [{}]),
    ("they delete it", [{}]),
    ("we make another", [{}]),
]
acts = st.one_of(*(st.tuples(st.just(who), st.sampled_from(what)) for who, what in ACTS))


class World:
    """One trunk, and everything that can happen to it here and upstream."""

    def __init__(self, account: Account, sandbox: Sandbox, actor: Any, trunk_id: str):
        self.account, self.sandbox, self.actor, self.id = account, sandbox, actor, trunk_id
        numbers = Did.objects.filter(voice_out=True, awaiting_registration=False)
        urgent = Did.objects.filter(emergency_enabled=True, terminated=False)
        self.dids = [str(did.pk) for did in [*numbers.order_by("pk")[:3], urgent.first()] if did]
        self.noted: list[tuple[datetime, dict[str, Any] | None]] = []

    def act(self, what: str, wish: dict[str, Any]) -> None:
        wish = {u: self._ids(v) if u in LINKAGES else v for u, v in wish.items()}
        if upstream_units(self.account, self.id) is None:
            self.sandbox.create_trunk(id=self.id, name=self.id)
        elif what == "we ask":
            self._ask(wish)
        elif what == "the answer is lost":
            self.sandbox.fault("drop_after", method="PATCH", times=1)
            self._ask(wish)
            self.sandbox.clear_faults()
        elif what.startswith("they do"):
            self._they_do(wish)
        elif what == "we make new credentials":
            self._send({}, kind="regenerate")
        elif what == "they make new credentials":
            self.sandbox.regenerate(self.id)
        elif what == "they delete it":
            self.sandbox.delete_trunk(self.id)
        self._see(with_pull=what.endswith("another read"))

    def _ids(self, places: tuple[int, ...]) -> tuple[str, ...]:
        return tuple(self.dids[place] for place in places)

    def _ask(self, wish: dict[str, Any]) -> None:
        self._send(patch_between(fresh_units(self.id), wish))

    def _send(self, patch: Any, kind: str = "update") -> None:
        trunk = Trunk.objects.get(pk=self.id)
        try:
            change = propose(trunk, patch, kind=kind, actor=self.actor, origin="staff")
        except Invalid:
            return  # not with the flag or the method it has just now
        deliver(submit(change, actor=self.actor))

    def _they_do(self, wish: dict[str, Any]) -> None:
        method = (self.sandbox.trunk(self.id) or {})["attributes"]["authentication_method"]
        if TYPE in wish:
            method = {"type": wish[TYPE], "attributes": {"username": "u", "password": "p"}}
            method["attributes"] |= {"allowed_sip_ips": [], "tech_prefix": None}
            if wish[TYPE] == "twilio":
                method["attributes"] = {}
        own = {u.removeprefix(METHOD): v for u, v in wish.items() if u.startswith(METHOD)}
        own.pop("type", None)
        method = {**method, "attributes": {**method["attributes"], **own}}
        plain = {u: v for u, v in wish.items() if not u.startswith(METHOD)}
        self.sandbox.change_trunk(self.id, authentication_method=method, **plain)

    def _see(self, *, with_pull: bool) -> None:
        if with_pull:
            assert pull(self.account, with_dids=False).state == "done"
        refresh(Trunk.objects.get(pk=self.id))
        assert not Change.objects.unsettled().exists()
        self.noted.append((now(), upstream_units(self.account, self.id)))


def fresh_units(trunk_id: str) -> dict[str, Any]:
    return Trunk.objects.get(pk=trunk_id).units()


EXAMPLES = 100 if settings.get_current_profile_name() == "deep" else 5


def run(script, account, sandbox, ada) -> None:
    """Act by act, noting what upstream holds after each; then every note is held against the
    settings that are found for its moment."""
    made = sandbox.create_trunk(name=f"Trunk {database_now().timestamp()}")
    assert pull(account, with_dids=False).state == "done"
    world = World(account, sandbox, actor_of(ada), made["id"])
    world.noted.append((now(), upstream_units(account, made["id"])))
    for what, wish in script:
        world.act(what, wish)
    trunk = Trunk.objects.get(pk=made["id"])
    for at, held in world.noted:
        moment = settings_at(trunk, at)
        assert moment.doubtful == frozenset()
        assert moment.standing == (Standing.HELD if held is not None else Standing.GONE)
        assert held is None or as_sets(moment.settings) == held
    if upstream_units(account, made["id"]) is not None:
        sandbox.delete_trunk(made["id"])


@settings(max_examples=EXAMPLES)
@given(st.lists(acts, min_size=2, max_size=7))
def test_every_noted_moment_is_found_again_whoever_moved_what(pulled, sandbox, ada, script):
    run(script, pulled, sandbox, ada)


@pytest.mark.parametrize("who", ["we ask", "they do", "the answer is lost"])
def test_every_wish_in_turn_is_found_again(pulled, sandbox, ada, who):
    run([(who, wish) for wish in WISHES[::2] + WISHES[1::2]], pulled, sandbox, ada)


def test_a_trunk_that_goes_and_comes_again_is_found_again(pulled, sandbox, ada):
    acts = ["we ask", "they delete it", "we make another", "we make new credentials", "they do"]
    run([(act, {CAPACITY: place}) for place, act in enumerate(acts, 1)], pulled, sandbox, ada)


@pytest.fixture
def created(pulled, sandbox, ada):
    """A trunk that was made from here, and when it was not there yet."""
    before = now()
    patch: dict[str, Op] = {
        "name": Put("Acme Riga"),
        "on_cli_mismatch_action": Put("reject_call"),
        TYPE: Put("credentials_and_ip"),
        SIP_IPS: Whole(("192.0.2.1/32",)),
    }
    actor = actor_of(ada)
    change = propose(None, patch, kind="create", actor=actor, origin="staff", account=pulled)
    change = deliver(submit(change, actor=actor))
    assert change.state == "applied", change.errors
    assert change.trunk_id
    return Trunk.objects.get(pk=change.trunk_id), before


def test_before_it_was_made_here_there_was_nothing(created):
    trunk, before = created
    assert settings_at(trunk, before).standing == Standing.UNMADE
    found = compare(trunk, before, now())
    assert {"field": "name", "old": None, "new": "Acme Riga"} in found.lines


def test_before_it_was_first_seen_nothing_is_known(trunk):
    before = trunk.first_seen_at - timedelta(days=1)
    moment = settings_at(trunk, before)
    assert (moment.standing, moment.settings, moment.is_known) == (Standing.UNSEEN, {}, False)
    assert compare(trunk, before, now()).lines == []


def test_what_waits_has_not_happened(trunk, ada):
    actor = actor_of(ada)
    submit(propose(trunk, {CAPACITY: Put(7)}, actor=actor, origin="staff"), actor=actor)
    assert settings_at(trunk, now()).settings[CAPACITY] == trunk.capacity_limit


def test_what_was_refused_has_not_happened(trunk, ask):
    taken = Trunk.objects.exclude(pk=trunk.pk).filter(name__isnull=False)[0].name
    assert ask(trunk, {"name": Put(taken)}).state == "refused"
    assert settings_at(fresh(trunk), now()).settings["name"] == trunk.name


# --- What a change says it did --------------------------------------------------------------------


def test_a_change_that_upstream_had_already_says_that_it_moved_nothing(trunk, ask, sandbox):
    sandbox.change_trunk(str(trunk.pk), capacity_limit=77)
    change = ask(trunk, {CAPACITY: Put(77), "rtp_timeout": Put(88)})
    assert change.fields == ["rtp_timeout"]
    observed = Change.objects.get(trunk=trunk, kind="observed")
    assert observed.diff == [{"field": CAPACITY, "old": trunk.capacity_limit, "new": 77}]


def test_a_change_that_upstream_had_whole_already_moved_nothing(trunk, ask, sandbox):
    start = now()
    sandbox.change_trunk(str(trunk.pk), capacity_limit=77)
    change = ask(trunk, {CAPACITY: Put(77)})
    assert (change.state, change.diff, change.request_id) == ("applied", [], "")
    moment = settings_at(fresh(trunk), start)
    assert (moment.settings[CAPACITY], moment.doubtful) == (trunk.capacity_limit, frozenset())


def test_a_change_found_done_says_what_it_did_and_others_what_they_did(trunk, ask, sandbox, pulled):
    sandbox.fault("drop_after", method="PATCH", times=1)
    change = ask(trunk, {CAPACITY: Put(77)})
    assert change.outcome_unknown
    sandbox.change_trunk(str(trunk.pk), rtp_timeout=99)
    refresh(fresh(trunk))
    change.refresh_from_db()
    assert (change.state, change.fields) == ("applied", [CAPACITY])
    observed = Change.objects.get(trunk=trunk, kind="observed")
    assert (observed.fields, observed.is_drift) == (["rtp_timeout"], True)


def test_a_write_of_which_a_read_shows_a_part_is_told_as_a_fact_until_it_is_settled(
    trunk, ask, sandbox
):
    sandbox.fault("drop_after", method="PATCH", times=1)
    ask(trunk, {CAPACITY: Put(77), "rtp_timeout": Put(88)})
    sandbox.change_trunk(str(trunk.pk), rtp_timeout=99)
    refresh(fresh(trunk))
    told = {(c.is_drift, unit) for c in Change.objects.filter(kind="observed") for unit in c.fields}
    assert told == {(False, CAPACITY), (True, "rtp_timeout")}
    moment = settings_at(fresh(trunk), now())
    assert (moment.settings[CAPACITY], moment.doubtful) == (77, frozenset())


def test_dids_that_a_flag_took_are_a_consequence_and_back_in_the_past(trunk, ask, pulled):
    numbers = Did.objects.filter(voice_out=True, awaiting_registration=False)[:2]
    dids = tuple(str(did.pk) for did in numbers)
    ask(trunk, {"dids": Whole(dids)})
    with_dids = now()
    change = ask(fresh(trunk), {FLAG: Put(True)})
    assert set(change.consequences[0]["removed"]) == set(dids)
    assert set(change.did_numbers) >= set(dids)
    assert "dids" not in settings_at(fresh(trunk), now()).settings
    assert set(settings_at(fresh(trunk), with_dids).settings["dids"]) == set(dids)


# --- Two moments ----------------------------------------------------------------------------------


def test_two_moments_are_compared_whichever_is_named_first(trunk, ask):
    start = now()
    ask(trunk, {CAPACITY: Put(70)})
    ask(fresh(trunk), {CAPACITY: Put(71), "rtp_timeout": Put(99)})
    middle = now()
    ask(fresh(trunk), {"rtp_timeout": Put(trunk.rtp_timeout)})
    end = now()
    expected = [{"field": CAPACITY, "old": trunk.capacity_limit, "new": 71}]
    assert compare(fresh(trunk), start, end).lines == expected
    assert compare(fresh(trunk), end, start).lines == expected
    assert {line["field"] for line in compare(fresh(trunk), middle, end).lines} == {"rtp_timeout"}


def test_of_credentials_it_is_known_only_that_they_changed(trunk, ask, sandbox):
    start = now()
    ask(trunk, {}, kind="regenerate")
    middle = now()
    assert compare(fresh(trunk), start, middle).credentials_changed
    assert not compare(fresh(trunk), middle, now()).credentials_changed
    sandbox.regenerate(str(trunk.pk))
    refresh(fresh(trunk))
    found = compare(fresh(trunk), middle, now())
    assert (found.credentials_changed, found.lines) == (True, [])


def test_a_tombstone_still_answers(trunk, ask, sandbox):
    start = now()
    ask(trunk, {CAPACITY: Put(70)})
    sandbox.delete_trunk(str(trunk.pk))
    refresh(fresh(trunk))
    found = compare(fresh(trunk), start, now())
    assert (found.one.standing, found.other.standing) == (Standing.HELD, Standing.GONE)
    assert found.lines == [{"field": CAPACITY, "old": trunk.capacity_limit, "new": 70}]


def test_an_older_record_that_does_not_fit_is_said_to_be_doubtful(trunk, ask):
    ask(trunk, {CAPACITY: Put(70)})
    Change.objects.update(diff=[{"field": CAPACITY, "old": 5, "new": 6}])
    assert settings_at(fresh(trunk), trunk.first_seen_at).doubtful == {CAPACITY}


# --- The way back ---------------------------------------------------------------------------------


def test_a_moment_is_restored_by_a_plan_that_somebody_reviews(trunk, ask, ada, pulled):
    start, held = now(), as_sets(trunk.units())
    ask(trunk, {CAPACITY: Put(70), "dst_prefixes": Edit(add=("47",))})
    ask(fresh(trunk), {PREFIX: Put("77"), "threshold_amount": Put("9.0")})
    plan = restore(fresh(trunk), start, actor=actor_of(ada))
    assert plan.state == "planned"
    assert {risk["code"] for risk in plan.risks} >= {"higher_limit"}
    done = deliver(submit(plan, actor=actor_of(ada)))
    assert done.state == "applied"
    assert upstream_units(pulled, str(trunk.pk)) == held


def test_what_waits_for_upstream_is_led_back_too(trunk, ada, pulled):
    start, actor = now(), actor_of(ada)
    submit(propose(trunk, {CAPACITY: Put(7)}, actor=actor, origin="staff"), actor=actor)
    plan = restore(fresh(trunk), start, actor=actor)
    assert plan.patch == {CAPACITY: {"set": trunk.capacity_limit}}
    deliver(submit(plan, actor=actor))
    held = upstream_units(pulled, str(trunk.pk)) or {}
    assert held[CAPACITY] == trunk.capacity_limit


def test_a_method_comes_back_with_new_credentials_and_says_so(trunk, ask, ada, pulled):
    start, networks = now(), trunk.units()[SIP_IPS]
    ask(trunk, {TYPE: Put("twilio"), SID: Put("AC" + "b" * 32)})
    plan = restore(fresh(trunk), start, actor=actor_of(ada))
    assert "makes a username and password" in str(plan.risks)
    assert deliver(submit(plan, actor=actor_of(ada))).credentials_changed
    assert set(fresh(trunk).units()[SIP_IPS]) == set(networks)


def test_what_cannot_come_back_is_a_risk_of_the_plan(trunk, ask, ada):
    did = Did.objects.filter(voice_out=True, awaiting_registration=False)[0]
    ask(trunk, {"dids": Whole((str(did.pk),)), CAPACITY: Put(70)})
    then = now()
    ask(fresh(trunk), {"dids": Whole(()), CAPACITY: Put(71)})
    ask(fresh(trunk), {}, kind="regenerate")
    Did.objects.filter(pk=did.pk).update(gone_at=now())
    plan = restore(fresh(trunk), then, actor=actor_of(ada))
    said = {r["headline"]: r["detail"] for r in plan.risks if r["code"] == "not_restored"}
    assert f"+{did.number}" in said["Not restored: DIDs."]
    assert "Not restored: Credentials." in said
    assert plan.fields == [CAPACITY]


def test_a_name_that_is_taken_now_is_left_out(trunk, ask, sandbox, pulled):
    then, name = now(), str(trunk.name)
    ask(trunk, {"name": Put("Elsewhere")})
    sandbox.create_trunk(name=name)
    pull(pulled, with_dids=False)
    found = plan_restoration(fresh(trunk), then)
    assert found.patch == {}
    assert [loss.unit for loss in found.losses] == ["name"]


def test_there_is_nothing_to_restore_where_nothing_moved_or_nothing_is_known(trunk, ask, ada):
    for moment in (now(), trunk.first_seen_at - timedelta(days=1)):
        with pytest.raises(Invalid, match="nothing to restore"):
            restore(trunk, moment, actor=actor_of(ada))


def test_a_tombstone_is_not_restored(trunk, ask, ada, sandbox):
    start = now()
    ask(trunk, {CAPACITY: Put(70)})
    sandbox.delete_trunk(str(trunk.pk))
    refresh(fresh(trunk))
    with pytest.raises(Invalid, match="no longer exists"):
        restore(fresh(trunk), start, actor=actor_of(ada))


def test_who_may_not_change_a_trunk_may_not_restore_it(trunk, ask, vera):
    start = now()
    ask(trunk, {CAPACITY: Put(70)})
    with pytest.raises(Denied):
        restore(fresh(trunk), start, actor=actor_of(vera))
