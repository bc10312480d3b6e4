"""From a body to a patch: what a program asked for, unit by unit.

Every list is stated whole, and so is the method: what is left out of it is taken away. Values
are checked here as far as their JSON type; the rules of a trunk as a whole are the domain's.
"""

from collections.abc import Mapping
from typing import Any

from trunks.api import errors
from trunks.api.parsers import read_uuid, to_many, to_one
from trunks.domain import authentication, rules
from trunks.domain.attributes import ATTRIBUTES, check_attribute
from trunks.domain.authentication import SETTABLE
from trunks.domain.patch import Op, Patch, Put, Whole, apply_patch
from trunks.domain.problems import Invalid, Problem
from trunks.domain.units import LINKAGES, LISTS, METHOD, TYPE
from trunks.models import Trunk
from trunks.services.secrets import same_credentials

METHOD_NAME = METHOD.rstrip(".")
WRITABLE = (*ATTRIBUTES, METHOD_NAME)
WRITABLE_RELATIONS = (*LINKAGES, "default_did")
GENERATED = ("username", "password")


def patch_of(body: Mapping[str, Any], trunk: Trunk | None) -> Patch:
    """Of a body as the parser leaves it.

    Raises `Invalid` with every problem found, `Refusal` for members nobody accepts.
    """
    patch: dict[str, Op] = {}
    problems: list[Problem] = []
    for name, value in body["attributes"].items():
        if name == METHOD_NAME:
            read, found = _method(value, trunk)
            patch |= read
        else:
            clean, complaints = check_attribute(name, value)
            found = [Problem(name, complaint) for complaint in complaints]
            if not found:
                patch[name] = _op(name, clean)
        problems += found
    for name, linkage in body["relationships"].items():
        op, found = _linkage(name, linkage)
        patch[name] = op
        problems += found
    if problems:
        raise Invalid([*problems, *_other_problems(patch, trunk, problems)])
    return patch


def _op(unit: str, value: Any) -> Op:
    return Whole(tuple(value or ())) if unit in LISTS else Put(value)


def _other_problems(patch: Patch, trunk: Trunk | None, known: list[Problem]) -> list[Problem]:
    """What is wrong besides, so that one answer names everything."""
    before = trunk.units() if trunk else None
    sound = {u: op for u, op in patch.items() if u not in {p.unit for p in known}}
    found = rules.check_trunk(before, apply_patch(before or {}, sound), set(sound))
    roots = {problem.unit.partition(".")[0] for problem in known}
    return [problem for problem in found if problem.unit.partition(".")[0] not in roots]


# --- the method ---


def _method(value: Any, trunk: Trunk | None) -> tuple[dict[str, Op], list[Problem]]:
    if value is None:
        return {}, [Problem(METHOD_NAME, "can't be blank")]
    if not isinstance(value, dict):
        return {}, [Problem(METHOD_NAME, "is invalid")]
    type_, attributes = value.get("type"), value.get("attributes")
    attributes = {} if attributes is None else attributes
    if not isinstance(attributes, dict):
        return {}, [Problem(METHOD_NAME, "is invalid")]
    if type_ is None:
        return {}, [Problem(TYPE, "can't be blank")]
    if not isinstance(type_, str) or type_ not in SETTABLE:
        known = ", ".join(SETTABLE)
        return {}, [Problem(TYPE, f"is not included in the list: {known}")]
    _refuse_unknown_members(type_, value, attributes)
    return _settings(type_, attributes, trunk)


def _refuse_unknown_members(
    type_: str, value: Mapping[str, Any], attributes: Mapping[str, Any]
) -> None:
    accepted = set(SETTABLE[type_])
    if type_ == "credentials_and_ip":
        accepted.update(GENERATED)
    unknown = [name for name in value if name not in ("type", "attributes")]
    unknown += [name for name in attributes if name not in accepted]
    if unknown:
        raise errors.members_not_allowed(unknown)


def _settings(
    type_: str, attributes: Mapping[str, Any], trunk: Trunk | None
) -> tuple[dict[str, Op], list[Problem]]:
    problems = [*_mistyped(type_, attributes), *_foreign_credentials(attributes, trunk)]
    if problems:
        return {TYPE: Put(type_)}, problems
    clean, problems = authentication.check(type_, attributes)
    patch = {METHOD + name: _op(METHOD + name, value) for name, value in clean.items()}
    return {TYPE: Put(type_), **patch}, problems


def _mistyped(type_: str, attributes: Mapping[str, Any]) -> list[Problem]:
    problems = []
    for name in SETTABLE[type_]:
        value = attributes.get(name)
        if value is None:
            continue
        if METHOD + name in LISTS:
            if not (isinstance(value, list) and all(isinstance(v, str) for v in value)):
                problems.append(Problem(METHOD + name, "must be a list of text"))
        elif not isinstance(value, str):
            problems.append(Problem(METHOD + name, "must be text"))
    return problems


def _foreign_credentials(attributes: Mapping[str, Any], trunk: Trunk | None) -> list[Problem]:
    """Clients echo what they read: null and what the trunk has are ignored, the rest refused."""
    given = {name: attributes[name] for name in GENERATED if attributes.get(name) is not None}
    return [
        Problem(METHOD + name, "is generated by DIDWW and can't be set")
        for name, value in given.items()
        if not (isinstance(value, str) and trunk is not None and _is_echo(trunk, name, value))
    ]


def _is_echo(trunk: Trunk, name: str, value: str) -> bool:
    if name == "username":
        return value == trunk.auth_username
    return same_credentials(trunk, trunk.auth_username, value)


# --- relationships ---


def _linkage(name: str, linkage: Any) -> tuple[Op, list[Problem]]:
    if name in LINKAGES:
        ids = to_many(linkage, "dids")
        return Whole(ids), _unreadable(name, ids)
    id_ = None if linkage is None else to_one(linkage, "dids")
    return Put(id_), [] if id_ is None else _unreadable(name, (id_,))


def _unreadable(name: str, ids: tuple[str, ...]) -> list[Problem]:
    """An id that is no id can't be upstream's either."""
    is_list = name in LINKAGES
    return [
        Problem(f"{name}/{place}" if is_list else name, "is not the id of a DID")
        for place, id_ in enumerate(ids)
        if read_uuid(id_) is None
    ]


def linked_ids(linkage: Any, name: str) -> tuple[str, ...]:
    """The DIDs of a body that is a linkage alone; raises as `patch_of` does."""
    ids = to_many(linkage, "dids")
    if problems := _unreadable(name, ids):
        raise Invalid(problems)
    return ids
