"""Anything may happen, in any order; what people asked for happens once, or they are told why not.

People and programs ask, upstream fails, others change things there, processes die at any statement
and meet each other at any request. `oracle.py` judges every write and every state.
"""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, seed
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.deep.oracle import OTHERS, Oracle
from tests.deep.stage import Process, Stage, let_time_pass
from tests.deep.witness import Witness
from trunks.access import actor_of
from trunks.domain.actor import SYSTEM, Actor
from trunks.domain.patch import Edit, Op, Patch, Put, Whole
from trunks.domain.units import SIP_IPS, TYPE
from trunks.models import Account, Change, Trunk
from trunks.sandbox import Sandbox
from trunks.services import accounts, doubts
from trunks.services.delivering import carry_out, deliver, drain
from trunks.services.errors import Denied, Invalid, Missing, NotWaiting, Unauthorized, Unavailable
from trunks.services.proposing import propose
from trunks.services.pulling import pull_if_free
from trunks.services.refreshing import refresh
from trunks.services.submitting import submit, take_back
from trunks.services.tokens import create_token
from trunks.upstream import transport
from trunks.upstream.errors import Refused

STEPS = 50
QUIET_ENOUGH = 40  # rounds until everything must be settled

# --- What may be asked for ------------------------------------------------------------------------

NETWORKS = tuple(f"203.0.113.{n}/32" for n in range(1, 5))
PREFIXES = ("44", "353", "33", "49", "99")
NAMES = ("Acme one", "Acme two", "Acme three")
NEW_NAMES = (*NAMES, "", "", "")  # "": one that nobody has had
SID = "AC" + "0123456789abcdef" * 2
SIDS = tuple(SID[:-1] + digit for digit in "ab")


def scalars(*values: Any) -> st.SearchStrategy[Op]:
    return st.sampled_from(values).map(Put)


def lists(*values: str) -> st.SearchStrategy[Op]:
    some = st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)
    edits = st.builds(Edit, some, some).filter(
        lambda edit: not set(edit.add) & set(edit.remove) and bool(edit.add or edit.remove)
    )
    whole = st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True)
    return edits | edits | whole.map(tuple).map(Whole)


OPS: dict[str, st.SearchStrategy[Op]] = {
    "rtp_timeout": scalars(30, 31, 32),
    "capacity_limit": scalars(5, 6),
    "status": scalars("active", "blocked"),
    "external_reference_id": scalars("ours", None),
    "name": scalars("Renamed one", "Renamed two"),
    "allow_any_did_as_cli": scalars(True, False),
    "authentication_method.tech_prefix": scalars("11#", None),
    "dst_prefixes": lists(*PREFIXES),
    SIP_IPS: lists(*NETWORKS),
    "dids": lists("0", "1", "2", "3"),  # the n-th of those that can be used
}
SWITCHES: st.SearchStrategy[dict[str, Op]] = st.one_of(
    scalars(*SIDS).map(
        lambda sid: {TYPE: Put("twilio"), "authentication_method.twilio_account_sid": sid}
    ),
    st.just({TYPE: Put("credentials_and_ip"), SIP_IPS: Whole(NETWORKS[:1])}),
)
ONES = st.sampled_from(sorted(OPS)).flatmap(lambda unit: OPS[unit].map(lambda op: {unit: op}))
PATCHES: st.SearchStrategy[dict[str, Op]] = st.one_of(
    ONES, st.tuples(ONES, ONES).map(lambda two: {**two[0], **two[1]}), ONES, SWITCHES
)
PICKS = st.integers(0, 3)  # few trunks, so that things meet

# --- How upstream may fail, how a process may end, and whom it may meet ------------------------

FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "drop_before"},
    {"kind": "drop_before", "close": "rst"},
    {"kind": "drop_after"},
    {"kind": "cut"},
    {"kind": "html"},
    {"kind": "html", "commit": True},
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 503, "commit": True},
    {"kind": "status", "status": 429},
    {"kind": "status", "status": 429, "retry_after": 2},
    {"kind": "status", "status": 401},
    {"kind": "version"},
)
SLOW = ({"kind": "latency", "seconds": 0.4}, {"kind": "latency", "seconds": 0.4, "commit": True})


MEETINGS = ("drain", "pull", "refresh", "edit", "late drain", "late drains", "others")


@dataclass(frozen=True)
class Life:
    """`fails`: how the process' first write fails."""

    dies_at: int | None = None
    meets_at: int = 0
    meets: str = ""
    patch: tuple[tuple[str, Op], ...] = ()
    fails: Mapping[str, Any] | None = None


PLAIN = st.just(Life())
FAILING = st.builds(Life, fails=st.sampled_from(FAULTS))
DYING = st.builds(Life, dies_at=st.integers(1, 90), fails=st.none() | st.sampled_from(FAULTS))
MEETING = st.builds(
    Life,
    dies_at=st.none() | st.integers(20, 120),
    meets_at=st.sampled_from((1, -1, 2, -2, 3, -3, 4)),
    meets=st.sampled_from(MEETINGS),
    patch=ONES.map(lambda patch: tuple(patch.items())),
    fails=st.none() | st.sampled_from(FAULTS),
)
LIVES = st.one_of(PLAIN, FAILING, DYING, MEETING, MEETING)


@dataclass
class World:
    """What lasts from example to example: the upstream, its mirror as first pulled, the cast."""

    sandbox: Sandbox
    account: Account
    actors: list[Actor]
    stage: Stage
    own_errors: list[str]


class AnythingGoes(RuleBasedStateMachine):
    def __init__(self, world: World):
        super().__init__()
        self.world, self.sandbox, self.account = world, world.sandbox, world.account
        self.savepoint = transaction.savepoint()
        self.sandbox.reset()
        self.account.refresh_from_db()
        self.oracle = Oracle(world.stage.witness, self.account)
        world.stage.observe = self.observe
        self.wrong: AssertionError | None = None
        self.others = 0  # what others write is never the same twice
        self.forms: list[tuple[Trunk, dict[str, Any]]] = []

    def observe(self) -> None:
        """Within the engine, which must not catch what is said here."""
        try:
            self.oracle.judge_effects()
        except AssertionError as error:
            self.wrong = self.wrong or error

    # --- the stage ---

    def live(self, life: Life, do: Callable[[], object]) -> None:
        meets = {life.meets_at: lambda: self.meet(life)} if life.meets else {}
        verbs = ("POST", "PATCH", "DELETE") if life.fails else ()
        faults = [self.sandbox.fault(**{**(life.fails or {}), "method": verb}) for verb in verbs]
        with self.world.stage.process(Process(life.dies_at, meets)):
            do()
        for fault in faults:
            self.sandbox.upstream.faults.clear(fault)

    def meet(self, life: Life) -> None:
        """What another process, a person or others do before the first one's next request."""
        sender = self.world.stage.processes[-1]
        with self.world.stage.process(Process()):
            match life.meets:
                case "drain":
                    drain(self.account)
                case "pull":
                    pull_if_free(self.account, with_dids=False)
                case "refresh":
                    self.refresh_one(0)
                case "edit":
                    self.ask(self.trunk(0), dict(life.patch), actor=1)
                case "late drain":
                    let_time_pass()
                    drain(self.account)
                case "late drains":
                    for _ in range(3):
                        let_time_pass()
                        drain(self.account)
                case "others" if not self.is_writing():
                    self.move_scalar(self.trunk(0))
        assert self.world.stage.processes[-1] is sender

    def is_writing(self) -> bool:
        """In the instants between a delivery's read, its write and its read of what came of it."""
        return Change.objects.filter(
            state="delivering", lease_until__isnull=False, attempts__gt=0
        ).exists()

    def trunk_of_others(self, pick: int) -> Trunk | None:
        """Others like best what somebody here waits for."""
        waiting = Change.objects.unsettled().filter(trunk__gone_at=None).exclude(trunk=None)
        change = waiting.order_by("submitted_at").first() if pick % 2 else None
        return change.trunk if change else self.trunk(pick)

    def trunk(self, pick: int) -> Trunk | None:
        names = list(Trunk.objects.present().with_linkage().order_by("name", "pk"))
        return names[pick % len(names)] if names else None

    def of_dids(self, patch: Patch) -> dict[str, Op]:
        """Numbers by their place become ids."""
        usable = sorted(
            did["id"]
            for did in self.sandbox.dids()
            if not did["attributes"]["awaiting_registration"]
        )

        def named(values: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(usable[int(value)] for value in values)

        result = dict(patch)
        match patch.get("dids"):
            case Edit(add, remove):
                result["dids"] = Edit(named(add), named(remove))
            case Whole(values):
                result["dids"] = Whole(named(values))
        return result

    def ask(
        self, trunk: Trunk | None, patch: Patch, *, actor: int, **options: Any
    ) -> Change | None:
        who = self.world.actors[actor % len(self.world.actors)]
        if trunk is None and options.get("kind") != "create":
            return None
        try:
            change = propose(
                trunk,
                self.of_dids(patch),
                actor=who,
                origin="staff",
                account=self.account,
                **options,
            )
            submit(change, actor=who)
        except (Invalid, Denied):
            return None
        self.oracle.note_asked(str(change.pk))
        return change

    # --- people and programs ask ---

    @rule(pick=PICKS, patch=PATCHES, actor=st.integers(0, 3), life=LIVES, now=st.booleans())
    def edit(self, pick: int, patch: Patch, actor: int, life: Life, now: bool) -> None:
        def do() -> None:
            change = self.ask(self.trunk(pick), patch, actor=actor)
            if change and now:
                deliver(change)

        self.live(life, do)

    @rule(pick=PICKS)
    def open_a_form(self, pick: int) -> None:
        if trunk := self.trunk(pick):
            self.forms.append((trunk, trunk.units()))

    @rule(patch=ONES, actor=st.integers(0, 3), now=st.booleans())
    def send_an_old_form(self, patch: Patch, actor: int, now: bool) -> None:
        if not self.forms:
            return
        trunk, seen = self.forms.pop(0)
        trunk = Trunk.objects.with_linkage().get(pk=trunk.pk)

        def do() -> None:
            change = self.ask(trunk, patch, actor=actor, base=seen)
            if change and now:
                deliver(change)

        self.live(Life(), do)

    @rule(pick=PICKS, first=ONES, second=ONES, actor=st.integers(0, 3))
    def edit_twice(self, pick: int, first: Patch, second: Patch, actor: int) -> None:
        self.ask(self.trunk(pick), first, actor=actor)
        self.ask(self.trunk(pick), second, actor=actor)

    @rule(name=st.sampled_from(NEW_NAMES), twilio=st.booleans(), life=LIVES, now=st.booleans())
    def create(self, name: str, twilio: bool, life: Life, now: bool) -> None:
        name = name or f"Acme {Change.objects.count()}"
        method: dict[str, Op] = {TYPE: Put("credentials_and_ip"), SIP_IPS: Whole(NETWORKS[:2])}
        if twilio:
            method = {TYPE: Put("twilio"), "authentication_method.twilio_account_sid": Put(SID)}
        patch = {"name": Put(name), "on_cli_mismatch_action": Put("reject_call"), **method}

        def do() -> None:
            change = self.ask(None, patch, actor=0, kind="create")
            if change and now:
                deliver(change)

        self.live(life, do)

    @rule(pick=PICKS, kind=st.sampled_from(("delete", "regenerate", "regenerate")), life=LIVES)
    def delete_or_regenerate(self, pick: int, kind: str, life: Life) -> None:
        def do() -> None:
            if change := self.ask(self.trunk(pick), {}, actor=0, kind=kind):
                deliver(change)

        self.live(life, do)

    @rule(pick=PICKS, patch=PATCHES, life=LIVES)
    def ask_and_wait_as_a_program_does(self, pick: int, patch: Patch, life: Life) -> None:
        def do() -> None:
            trunk = self.trunk(pick)
            waits = Change.objects.unsettled().filter(trunk=trunk).exists()
            change = None if waits else self.ask(trunk, patch, actor=2)
            if change:
                carry_out(change, seconds=5)

        self.live(life, do)

    @rule()
    def take_back(self) -> None:
        for change in Change.objects.filter(state="pending").order_by("submitted_at")[:1]:
            try:
                take_back(change, actor=SYSTEM)
            except NotWaiting:
                assert change.sends

    # --- the engine ---

    @rule(life=LIVES, late=st.booleans())
    def drain(self, life: Life, late: bool) -> None:
        if late:
            let_time_pass()
        self.live(life, lambda: drain(self.account))

    @rule(life=LIVES)
    def drain_late(self, life: Life) -> None:
        self.drain(life, late=True)

    @rule(life=LIVES)
    def pull(self, life: Life) -> None:
        self.live(life, lambda: pull_if_free(self.account, with_dids=False))

    @rule(pick=PICKS, life=LIVES)
    def refresh(self, pick: int, life: Life) -> None:
        self.live(life, lambda: self.refresh_one(pick))

    def refresh_one(self, pick: int) -> None:
        if trunk := self.trunk(pick):
            try:
                refresh(trunk)
            except (Missing, Refused, Unavailable, Unauthorized):
                return

    @rule()
    def people_decide(self) -> None:
        self.decide()

    def decide(self) -> None:
        if self.is_asked():
            accounts.answer_missing(self.account, True, actor=SYSTEM)
        self.decide_doubts()

    def is_asked(self) -> bool:
        self.account.refresh_from_db()
        return bool(self.account.pause == "question")

    # --- upstream fails ---

    @rule(fault=st.sampled_from(FAULTS), times=st.integers(1, 3), writes=st.booleans())
    def fail(self, fault: dict[str, Any], times: int, writes: bool) -> None:
        where: dict[str, Any] = {"path": "/voice_out", "times": times}
        for verb in ("POST", "PATCH", "DELETE") if writes else (None,):
            self.sandbox.fault(**{**fault, **where, "method": verb})

    @rule(fault=st.sampled_from(SLOW))
    def be_slow_once(self, fault: dict[str, Any]) -> None:
        self.sandbox.fault(**fault)

    @rule()
    def recover(self) -> None:
        self.sandbox.clear_faults()

    # --- others change things there ---

    def next_of_others(self) -> int:
        self.others += 1
        return self.others

    def move_scalar(self, trunk: Trunk | None) -> None:
        if trunk and self.sandbox.trunk(str(trunk.pk)):
            unit = ("rtp_timeout", "capacity_limit")[self.next_of_others() % 2]
            self.sandbox.change_trunk(str(trunk.pk), **{unit: 100 + self.others})
            self.oracle.note(OTHERS)

    @rule(pick=PICKS)
    def others_set_a_number(self, pick: int) -> None:
        self.move_scalar(self.trunk_of_others(pick))

    @rule(pick=PICKS, name=st.sampled_from(("dst_prefixes", "dids", SIP_IPS)), add=st.booleans())
    def others_edit_a_list(self, pick: int, name: str, add: bool) -> None:
        trunk = self.trunk_of_others(pick)
        held = self.sandbox.trunk(str(trunk.pk)) if trunk else None
        if held is None:
            return
        n = self.next_of_others()
        new = {"dst_prefixes": str(700 + n), "dids": "", SIP_IPS: f"198.51.100.{n % 250}/32"}[name]
        values = {
            "dst_prefixes": lambda: held["attributes"]["dst_prefixes"],
            "dids": lambda: held["dids"],
            SIP_IPS: lambda: (
                held["attributes"]["authentication_method"].get("attributes") or {}
            ).get("allowed_sip_ips"),
        }[name]()
        if not values or (add and not new):
            return
        moved = [*values, new] if add else values[1:]
        if name == SIP_IPS and moved:
            method = held["attributes"]["authentication_method"]
            own = {**method["attributes"], "allowed_sip_ips": moved}
            self.sandbox.change_trunk(
                held["id"], authentication_method={**method, "attributes": own}
            )
        elif name != SIP_IPS:
            self.sandbox.change_trunk(held["id"], **{name: moved})
        self.oracle.note(OTHERS)

    @rule(pick=PICKS, what=st.sampled_from(("regenerate", "switch", "delete")))
    def others_do_more(self, pick: int, what: str) -> None:
        trunk = self.trunk_of_others(pick)
        held = self.sandbox.trunk(str(trunk.pk)) if trunk else None
        if held is None:
            return
        method = held["attributes"]["authentication_method"]
        if what == "regenerate" and method["type"] == "credentials_and_ip":
            self.sandbox.regenerate(held["id"])
        if what == "switch":
            sid = f"{SID[:-6]}{self.next_of_others():06x}"
            twilio = {"type": "twilio", "attributes": {"twilio_account_sid": sid}}
            self.sandbox.change_trunk(held["id"], authentication_method=twilio)
        if what == "delete" and len(self.sandbox.trunks()) > 5:
            self.sandbox.delete_trunk(held["id"])
        self.oracle.note(OTHERS)

    @rule()
    def others_touch_what_is_not_known_here(self) -> None:
        known = {str(pk) for pk in Trunk.objects.values_list("pk", flat=True)}
        for trunk in self.sandbox.trunks():
            if trunk["id"] not in known:
                self.sandbox.change_trunk(trunk["id"], rtp_timeout=100 + self.next_of_others())
                self.oracle.note(OTHERS)

    @rule(name=st.sampled_from(NAMES), is_awaited=st.booleans())
    def others_create(self, name: str, is_awaited: bool) -> None:
        lost = Change.objects.outcome_unknown().filter(kind="create").first()
        if lost and is_awaited:
            name = lost.trunk_label
        if name not in [t["attributes"]["name"] for t in self.sandbox.trunks()]:
            self.sandbox.create_trunk(name=name, rtp_timeout=100 + self.next_of_others())
            self.oracle.note(OTHERS)

    # --- what people are asked ---

    def decide_doubts(self) -> None:
        """They know, as people do who look at the upstream's own panel, whose a trunk is."""
        for change in Change.objects.in_doubt():
            ours = {id_ for id_, past in self.oracle.past.items() if past[0].by == str(change.pk)}
            if found := ours & set(change.candidates):
                doubts.adopt(change, found.pop(), actor=SYSTEM)
            elif ours:
                doubts.give_up(change, actor=SYSTEM)
            else:
                doubts.send_again(change, actor=SYSTEM)

    # --- what must hold ---

    @invariant()
    def everything_said_is_true(self) -> None:
        self.observe()
        assert not self.world.own_errors, self.world.own_errors
        if self.wrong:
            raise self.wrong
        self.oracle.check_states()

    def teardown(self) -> None:
        try:
            self.calm_down()
        finally:
            self.sandbox.clear_faults()
            transaction.savepoint_rollback(self.savepoint)

    def calm_down(self) -> None:
        self.sandbox.clear_faults()
        for _ in range(QUIET_ENOUGH):
            let_time_pass()
            self.live(Life(), lambda: drain(self.account, at_once=True))
            self.live(Life(), lambda: pull_if_free(self.account, with_dids=False))
            self.decide()
            self.everything_said_is_true()
            if not Change.objects.unsettled().exists():
                break
        self.live(Life(), lambda: pull_if_free(self.account, with_dids=False))
        self.oracle.check_states()
        self.oracle.check_the_end()


# --- The runs -------------------------------------------------------------------------------------


@pytest.fixture
def sandbox(sandbox: Sandbox) -> Iterator[Sandbox]:
    sandbox.reset(trunks=8, dids=24)
    yield sandbox
    sandbox.reset(trunks=40, dids=120)


@contextmanager
def hearing_of_own_errors() -> Iterator[list[str]]:
    """What the engine itself calls an error of its own."""
    heard: list[str] = []
    ear = logging.Handler(logging.ERROR)
    ear.emit = lambda record: heard.append(  # type: ignore[method-assign]
        logging.Formatter().format(record)
    )
    logger = logging.getLogger("trunks")
    logger.addHandler(ear)
    try:
        yield heard
    finally:
        logger.removeHandler(ear)


@pytest.fixture
def world(sandbox, pulled, ada, sam, settings, monkeypatch) -> Iterator[World]:
    settings.UPSTREAM_SETTLE_SECONDS = 0
    settings.UPSTREAM_READ_TIMEOUT = 0.25
    monkeypatch.setattr(transport, "_backoff", lambda attempt: 0.0)
    monkeypatch.setattr(transport, "MAX_RETRY_WAIT", 0.0)
    token, _ = create_token("program", scopes=("read", "write"), actor=SYSTEM)
    actors = [actor_of(ada), actor_of(sam), actor_of(token), SYSTEM]
    with Witness(sandbox).watching() as witness:
        stage = Stage(witness)
        with stage.playing(monkeypatch), hearing_of_own_errors() as own_errors:
            yield World(sandbox, pulled, actors, stage, own_errors)


def run(world: World, examples: int) -> None:
    options = hypothesis_settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    chosen = seed(int(os.environ.get("ANYTHING_GOES_SEED", "1")))
    machine = chosen(type("Seeded", (AnythingGoes,), {}))
    run_state_machine_as_test(lambda: machine(world), settings=options)  # type: ignore[arg-type]


def test_whatever_happens_for_a_while(world):
    run(world, 4)


@pytest.mark.deep
def test_whatever_happens_for_ten_thousand_steps(world):
    run(world, 10_000 // STEPS)
