"""One conflict decided, and one drift acknowledged, by many people in one instant.

`python -m tests.services.deciding_at_once` does it in the new SQLite file that `DATABASE_URL`
names and prints what came of it: the tests' own SQLite lives in memory, where threads do not
wait for each other.
"""

import json
import os
import sys
import uuid

import django

from tests.services.at_once import THREADS, at_once

ONCE = {"submitted": 1, "told": THREADS - 1, "decisions": 1, "acknowledged": 1}


def decide_at_once() -> dict[str, int]:
    """How many submitted and how many were told, and what stands then; `ONCE` if all is well."""
    from trunks.domain.actor import ADMIN, Actor
    from trunks.domain.resolving import MINE, Answer
    from trunks.models import Change, Decision
    from trunks.services.conflicts import look_at
    from trunks.services.deciding import (
        AlreadyDecided,
        acknowledge,
        resolve_conflict,
        submit_decided,
    )

    conflict, drift = _asking()
    people = [Actor("staff", str(n), f"Person {n}", ADMIN) for n in range(THREADS)]
    answers, theirs = {"rtp_timeout": Answer(MINE)}, look_at(conflict).theirs
    plans = [resolve_conflict(conflict, answers, seen=theirs, actor=one) for one in people]
    hands = list(zip(people, plans, strict=True))

    def submit() -> int:
        person, plan = hands.pop()
        assert plan
        try:
            submit_decided(plan, actor=person)
        except AlreadyDecided:
            return 0
        return 1

    submitted = at_once(submit)
    done = at_once(lambda: acknowledge([drift.pk], actor=people[0]).done)
    standing = Decision.objects.standing().filter(change=conflict)
    assert Change.objects.filter(state="pending").count() == sum(submitted)
    return {
        "submitted": sum(submitted),
        "told": submitted.count(0),
        "decisions": standing.count(),
        "acknowledged": sum(done),
    }


def _asking():
    """A conflict and a drift of another field, on a trunk of an account without an upstream."""
    from trunks.domain.actor import SYSTEM
    from trunks.domain.secrets import Secret
    from trunks.models import Change, Trunk
    from trunks.models.clock import database_now
    from trunks.services.accounts import add_account

    account = add_account("At once", "http://127.0.0.1:1/v3", Secret("key"), actor=SYSTEM)
    now = database_now()
    trunk = Trunk.objects.create(
        id=uuid.uuid4(), account=account, name="T", rtp_timeout=77, first_seen_at=now, read_at=now
    )
    common = {"account": account, "trunk": trunk, "created_at": now, "settled_at": now}
    conflict = Change.objects.create(
        **common,
        kind="update",
        state="conflicted",
        origin="staff",
        actor_kind="staff",
        submitted_at=now,
        patch={"rtp_timeout": {"set": 99}},
        base={"rtp_timeout": 30},
        conflicts=[{"field": "rtp_timeout", "base": 30, "ours": 99, "theirs": 77}],
    )
    drift = Change.objects.create(
        **common,
        kind="observed",
        state="observed",
        origin="upstream",
        is_drift=True,
        diff=[{"field": "capacity_limit", "old": 1, "new": 2}],
    )
    return conflict, drift


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "trunkadmin.settings"
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    sys.stdout.write(json.dumps(decide_at_once()))


if __name__ == "__main__":
    main()
