"""A trunk that is gone, made again as a new one: what can be asked for, and what stays behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trunks.domain.authentication import label
from trunks.domain.patch import Op, stated
from trunks.domain.risks import Risk
from trunks.domain.units import LINKAGES, TYPE, Units

Numbers = Mapping[str, Sequence[str]]  # by linkage
WHAT = {"dids": "DID", "emergency_dids": "emergency DID"}


@dataclass(frozen=True, slots=True)
class Again:
    """`patch`: of a create, from the last settings. `notes`: what a person must know before."""

    patch: dict[str, Op]
    notes: list[Risk]


def made_again(last: Units, usable: Mapping[str, set[str]], *, old_id: str) -> Again:
    """`usable`: by linkage, the DIDs that upstream would still take."""
    kept = {name: [i for i in last.get(name) or () if i in usable[name]] for name in LINKAGES}
    lost = {name: [i for i in last.get(name) or () if i not in usable[name]] for name in LINKAGES}
    wanted = {**last, **{name: kept[name] for name in LINKAGES if name in last}}
    return Again(stated(wanted), [_new_id(old_id), *_credentials(last), *_dids(kept, lost), LOST])


def _new_id(old_id: str) -> Risk:
    return Risk(
        "new_id",
        "It will be another trunk, with an id of its own.",
        f"Upstream cannot bring {old_id} back: programs that name it must be told the new id.",
    )


def _credentials(last: Units) -> list[Risk]:
    if last.get(TYPE) == "credentials_and_ip":
        detail = "The old ones never work again: whoever calls must be set up with the new ones."
        return [Risk("new_credentials", "DIDWW makes a new username and password.", detail)]
    return []


def _dids(kept: Numbers, lost: Numbers) -> list[Risk]:
    notes = [
        Risk("dids", f"{_counted(ids, name)} assigned to it again.", "")
        for name, ids in _some(kept)
    ]
    return notes + [
        Risk(
            "lost_dids",
            f"{_counted(ids, name)} left out.",
            "They have left the account, or upstream would not take them any more.",
        )
        for name, ids in _some(lost)
    ]


def _some(numbers: Numbers) -> list[tuple[str, Sequence[str]]]:
    return [(name, ids) for name, ids in numbers.items() if ids]


def _counted(ids: Sequence[str], name: str) -> str:
    return f"{len(ids)} {WHAT[name]} is" if len(ids) == 1 else f"{len(ids)} {WHAT[name]}s are"


LOST = Risk(
    "lost",
    "Some of it cannot come back.",
    "What it spent so far, and whatever upstream knew of it that this version does not. Its history"
    " stays with the old trunk.",
)


def hindrance(last: Units) -> str:
    """Why these settings alone do not make a new trunk, as a sentence; "" when they do."""
    if last.get("on_cli_mismatch_action") == "replace_cli":
        return "Its default DID is not known, as upstream never shows it: choose one."
    if last.get(TYPE) not in ("credentials_and_ip", "twilio"):
        return f"The method {label(last.get(TYPE))} cannot be set from here: choose another."
    return ""
