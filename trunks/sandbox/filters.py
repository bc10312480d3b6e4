"""Every documented `filter[...]`, as a test on a record."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from . import errors
from .resources import (
    DESTINATION_ACTIONS,
    DIDS,
    FEATURES,
    GATED_ACTIONS,
    MEDIA_ENCRYPTION_MODES,
    ON_CLI_MISMATCH_ACTIONS,
    STATUSES,
    TRUNKS,
)
from .settings import Settings
from .store import Record, Store

Test = Callable[[Record], bool]
Reading = Callable[[Store, Record], Any]
Filter = Callable[[Store, Settings, str, str], Test]
"""Takes store, settings, the filter's name and its value; refuses a value that makes no sense."""


def _attribute(name: str) -> Reading:
    return lambda store, record: record.attributes.get(name)


def _relation(name: str) -> Reading:
    return lambda store, record: record.relations.get(name)


def _group_relation(name: str) -> Reading:
    def read(store: Store, did: Record) -> Any:
        group = store.get("did_groups", did.to_one("did_group"))
        return group.relations.get(name) if group else None

    return read


def _method_type(store: Store, trunk: Record) -> Any:
    method = trunk.attributes.get("authentication_method")
    return method.get("type") if isinstance(method, dict) else None


def _order_reference(store: Store, did: Record) -> Any:
    order = store.get("orders", did.to_one("order"))
    return order.attributes.get("reference") if order else None


def _features(store: Store, did: Record) -> list[str]:
    group = store.get("did_groups", did.to_one("did_group"))
    return list(group.attributes.get("features") or []) if group else []


def boolean(attribute: str) -> Filter:
    def build(store: Store, settings: Settings, name: str, value: str) -> Test:
        if value not in ("true", "false"):
            raise errors.invalid_filter_value(name, value)
        return lambda record: record.attributes.get(attribute) is (value == "true")

    return build


def choice(attribute: str, choices: Iterable[str]) -> Filter:
    allowed = frozenset(choices)

    def build(store: Store, settings: Settings, name: str, value: str) -> Test:
        if value not in allowed:
            raise errors.invalid_filter_value(name, value)
        return lambda record: record.attributes.get(attribute) == value

    return build


def exact(attribute: str) -> Filter:
    def build(store: Store, settings: Settings, name: str, value: str) -> Test:
        return lambda record: (record.attributes.get(attribute) or "") == value

    return build


def contains(attribute: str) -> Filter:
    def build(store: Store, settings: Settings, name: str, value: str) -> Test:
        part = value.casefold()
        return lambda record: part in str(record.attributes.get(attribute) or "").casefold()

    return build


def any_of(read: Reading) -> Filter:
    """A comma list of which any may match; the empty value matches what has none."""

    def build(store: Store, settings: Settings, name: str, value: str) -> Test:
        wanted = frozenset(value.split(","))

        def matches(record: Record) -> bool:
            found = read(store, record)
            return ("" if found is None else str(found)) in wanted

        return matches

    return build


def _all_features(store: Store, settings: Settings, name: str, value: str) -> Test:
    wanted = value.split(",")
    for feature in wanted:
        if feature not in FEATURES:
            raise errors.invalid_filter_value(name, feature)
    return lambda did: set(wanted) <= set(_features(store, did))


def _cli_action(store: Store, settings: Settings, name: str, value: str) -> Test:
    if value in GATED_ACTIONS and value not in settings.features:
        raise errors.invalid_filter_value(name, value)
    build = choice("on_cli_mismatch_action", ON_CLI_MISMATCH_ACTIONS)
    return build(store, settings, name, value)


def _default_did(store: Store, settings: Settings, name: str, value: str) -> Test:
    if not store.get(DIDS, value):
        raise errors.invalid_filter_value(name, value)
    return lambda trunk: trunk.relations.get("default_did") == value


_ID = any_of(lambda store, record: record.id)

FILTERS: dict[str, dict[str, Filter]] = {
    TRUNKS: {
        "allow_any_did_as_cli": boolean("allow_any_did_as_cli"),
        "authentication_method.type": any_of(_method_type),
        "default_did.id": _default_did,
        "default_dst_action": choice("default_dst_action", DESTINATION_ACTIONS),
        "external_reference_id": exact("external_reference_id"),
        "id": _ID,
        "media_encryption_mode": choice("media_encryption_mode", MEDIA_ENCRYPTION_MODES),
        "name": exact("name"),
        "name_contains": contains("name"),
        "on_cli_mismatch_action": _cli_action,
        "status": choice("status", STATUSES),
        "threshold_reached": boolean("threshold_reached"),
    },
    DIDS: {
        "address_verification.id": any_of(_relation("address_verification")),
        "awaiting_registration": boolean("awaiting_registration"),
        "billing_cycles_count": any_of(_attribute("billing_cycles_count")),
        "blocked": boolean("blocked"),
        "capacity_pool.id": any_of(_relation("capacity_pool")),
        "city.id": any_of(_group_relation("city")),
        "country.id": any_of(_group_relation("country")),
        "description": contains("description"),
        "did_group.features": _all_features,
        "did_group.id": any_of(_relation("did_group")),
        "emergency_calling_service.id": any_of(_relation("emergency_calling_service")),
        "emergency_enabled": boolean("emergency_enabled"),
        "id": _ID,
        "number": any_of(_attribute("number")),
        "order.id": any_of(_relation("order")),
        "order.reference": any_of(_order_reference),
        "region.id": any_of(_group_relation("region")),
        "shared_capacity_group.id": any_of(_relation("shared_capacity_group")),
        "terminated": boolean("terminated"),
        "trunk.id": any_of(_relation("voice_in_trunk")),
        "trunk_group.id": any_of(_relation("voice_in_trunk_group")),
        "voice_in_trunk.id": any_of(_relation("voice_in_trunk")),
        "voice_in_trunk_group.id": any_of(_relation("voice_in_trunk_group")),
    },
}
ONLY_BY_ID: dict[str, Filter] = {"id": _ID}
