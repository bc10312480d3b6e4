"""What a trunk as a whole may look like: checked when planned and again before it is sent.

Source: the contract in tests/upstream and the prose of its descriptions.
Upstream has the last word: what it alone can know (a name that is taken, an account's threshold
range, a feature) is left to it.
"""

from collections.abc import Mapping

from trunks.domain import authentication
from trunks.domain.attributes import ATTRIBUTES, check_attribute
from trunks.domain.problems import Problem
from trunks.domain.units import LINKAGES, MANAGED_BY, METHOD, TYPE, Units, same

REQUIRED = tuple(name for name, attribute in ATTRIBUTES.items() if attribute.required)


def check_trunk(before: Units | None, wanted: Units, touched: set[str]) -> list[Problem]:
    """Every problem of the settings `wanted`, among the units someone `touched`.

    `before` is None for a create. What nobody touched is never complained about: upstream holds
    it, so upstream has accepted it.
    """
    problems = [] if before is not None else _missing(wanted)
    blank = {problem.unit for problem in problems}
    for unit in sorted(touched - blank):
        if unit in ATTRIBUTES:
            complaints = check_attribute(unit, wanted.get(unit))[1]
            problems += [Problem(unit, complaint) for complaint in complaints]
    if TYPE not in blank and any(unit.startswith(METHOD) for unit in touched):
        problems += _check_method(before, wanted, touched)
    return problems + _check_pairs(before, wanted, touched)


def _missing(wanted: Units) -> list[Problem]:
    names = (*REQUIRED, TYPE)
    return [Problem(name, "can't be blank") for name in names if wanted.get(name) in (None, "")]


def _check_method(before: Units | None, wanted: Units, touched: set[str]) -> list[Problem]:
    type_ = wanted.get(TYPE)
    if type_ == "ip_only":
        return _check_ip_only(before, wanted, touched)
    values = {u.removeprefix(METHOD): v for u, v in wanted.items() if u.startswith(METHOD)}
    found = authentication.check(str(type_), values)[1] + _foreign(str(type_), wanted)
    if before is None or before.get(TYPE) != type_:
        return found
    return [p for p in found if p.unit in touched | {TYPE} or not wanted.get(p.unit)]


def _foreign(type_: str, wanted: Units) -> list[Problem]:
    """A method is sent whole with its own settings only: another's would be lost in silence."""
    own = {TYPE, *(METHOD + name for name in authentication.SETTABLE.get(type_, ()))}
    return [
        Problem(unit, f"does not go with {authentication.label(type_)}")
        for unit in sorted(wanted)
        if unit.startswith(METHOD) and unit not in own and wanted[unit]
    ]


def _check_ip_only(before: Units | None, wanted: Units, touched: set[str]) -> list[Problem]:
    """DIDWW's staff alone set it, and its list is read-only once set."""
    if before is None:
        return [Problem(TYPE, "is not allowed for creation")]
    if before.get(TYPE) != "ip_only":
        return [Problem(TYPE, "is not allowed for update")]
    return [
        Problem(unit, "is set by DIDWW and can't be changed while the method is ip_only")
        for unit in sorted(touched)
        if unit.startswith(METHOD) and not same(unit, before.get(unit), wanted.get(unit))
    ]


def _check_pairs(before: Units | None, wanted: Units, touched: set[str]) -> list[Problem]:
    problems = [
        Problem(linkage, MANAGED_COMPLAINTS[linkage])
        for linkage in LINKAGES
        if linkage in touched and wanted.get(MANAGED_BY[linkage])
    ]
    return problems + _check_default_did(before or {}, wanted, touched)


MANAGED_COMPLAINTS: Mapping[str, str] = {
    "dids": "can't be assigned while allow_any_did_as_cli is on",
    "emergency_dids": "can't be assigned while emergency_enable_all is on",
}


def _check_default_did(before: Units, wanted: Units, touched: set[str]) -> list[Problem]:
    action = wanted.get("on_cli_mismatch_action")
    given = wanted.get("default_did") or None if "default_did" in touched else None
    if given is not None and action != "replace_cli":
        return [Problem("default_did", "is allowed only while the caller ID is replaced")]
    turned_on = action == "replace_cli" and before.get("on_cli_mismatch_action") != "replace_cli"
    if given is None and (turned_on or (action == "replace_cli" and "default_did" in touched)):
        return [Problem("default_did", "can't be blank while the caller ID is replaced")]
    return []
