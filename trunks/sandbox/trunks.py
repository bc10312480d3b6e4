"""What can be done to a trunk, validated as the upstream does."""

from __future__ import annotations

import time
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from . import bodies, errors, methods, values
from .bodies import Body
from .errors import ErrorObject
from .linkage import Relations
from .resources import (
    DESTINATION_ACTIONS,
    GATED_ACTIONS,
    MEDIA_ENCRYPTION_MODES,
    ON_CLI_MISMATCH_ACTIONS,
    REGENERATIONS,
    STATUSES,
    TRUNK_DEFAULTS,
    TRUNKS,
    WRITABLE_TRUNK_ATTRIBUTES,
    WRITABLE_TRUNK_RELATIONS,
)
from .settings import Settings
from .store import Record, Store

_CHECKS: dict[str, values.Check] = {
    "name": values.required_text,
    "status": values.one_of(STATUSES),
    "external_reference_id": values.optional_text(100),
    "capacity_limit": values.integer(1, 32767, nullable=True),
    "allow_any_did_as_cli": values.boolean,
    "default_dst_action": values.one_of(DESTINATION_ACTIONS),
    "dst_prefixes": values.destination_prefixes,
    "media_encryption_mode": values.one_of(MEDIA_ENCRYPTION_MODES),
    "allowed_rtp_ips": values.optional_networks,
    "force_symmetric_rtp": values.boolean,
    "rtp_ping": values.boolean,
    "rtp_timeout": values.integer(30, 600),
    "threshold_amount": values.amount,
    "callback_url": values.callback_url,
    "emergency_enable_all": values.boolean,
}
_REQUIRED = ("name", "on_cli_mismatch_action", "authentication_method")


def timestamp() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def blank_trunk(id_: str) -> Record:
    attributes = {**TRUNK_DEFAULTS, "dst_prefixes": [], "created_at": timestamp()}
    relations: dict[str, Any] = {"dids": [], "emergency_dids": [], "default_did": None}
    return Record(TRUNKS, id_, attributes, relations, {"spent_amount": "0.0"})


class Trunks:
    """The verbs on trunks; the caller holds the store's lock."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store = store
        self.settings = settings

    def find(self, id_: str) -> Record:
        trunk = self.store.get(TRUNKS, id_)
        if trunk is None:
            raise errors.not_found(id_)
        return trunk

    def create(self, raw: bytes) -> Record:
        body = self._body(raw, None)
        sent = dict.fromkeys(_REQUIRED) | body.attributes
        if sent.get("status") is None:
            sent["status"] = "active"
        trunk = blank_trunk(str(uuid.uuid4()))
        created = self._changed(trunk, Body(sent, body.relations), is_new=True)
        created.listed_at = time.monotonic() + self.settings.list_lag_seconds
        self.store.put(created)
        return created

    def update(self, id_: str, raw: bytes) -> Record:
        trunk = self.find(id_)
        return self.apply(trunk, self._body(raw, id_))

    def apply(self, trunk: Record, body: Body) -> Record:
        changed = self._changed(trunk, body, is_new=False)
        self.store.put(changed)
        return changed

    def delete(self, id_: str) -> None:
        self.store.delete(self.find(id_))

    def regenerate(self, raw: bytes) -> str:
        """The id of the trunk whose credentials are new."""
        body = bodies.read(raw, REGENERATIONS, attributes=(), relations=("voice_out_trunk",))
        if "voice_out_trunk" not in body.relations:
            raise errors.unprocessable([errors.invalid_relation("voice_out_trunk", values.BLANK)])
        id_ = bodies.identifier(body.relations["voice_out_trunk"], TRUNKS)
        trunk = self.store.get(TRUNKS, id_)
        method = trunk.attributes.get("authentication_method") if trunk else None
        if trunk is None or not isinstance(method, dict):
            raise errors.unprocessable([errors.invalid_relation("voice_out_trunk", values.INVALID)])
        if method.get("type") != "credentials_and_ip":
            raise errors.unprocessable([errors.invalid_relation("voice_out_trunk", values.INVALID)])
        fresh = {"authentication_method": methods.with_new_credentials(method)}
        self.store.put(replace(trunk, attributes=trunk.attributes | fresh, texts={}))
        return trunk.id

    def _body(self, raw: bytes, id_: str | None) -> Body:
        body = bodies.read(
            raw,
            TRUNKS,
            attributes=WRITABLE_TRUNK_ATTRIBUTES,
            relations=WRITABLE_TRUNK_RELATIONS,
            id_=id_,
        )
        methods.refuse_unknown_members(body.attributes.get("authentication_method"))
        if "default_did" in body.relations and "replace_cli" not in self.settings.features:
            raise errors.params_not_allowed(["default_did"])
        return body

    def _changed(self, trunk: Record, body: Body, *, is_new: bool) -> Record:
        """The trunk as it would be; refuses with every error that was found."""
        problems: list[ErrorObject] = []
        attributes = trunk.attributes | self._attributes(trunk, body, problems, is_new)
        relations = Relations(self.store, trunk, attributes, body.relations).read(problems)
        if problems:
            raise errors.unprocessable(problems)
        if "threshold_amount" in body.attributes:
            attributes["threshold_reached"] = _is_reached(trunk, attributes)
        return replace(trunk, attributes=attributes, relations=relations, texts={})

    def _attributes(
        self, trunk: Record, body: Body, problems: list[ErrorObject], is_new: bool
    ) -> dict[str, Any]:
        checks = _CHECKS | {"on_cli_mismatch_action": self._cli_check()}
        read: dict[str, Any] = {}
        for name, value in body.attributes.items():
            if name == "authentication_method":
                known_id = None if is_new else trunk.id
                before = trunk.attributes.get("authentication_method")
                check = methods.MethodCheck(self.store, known_id, before)
                read[name] = check.check(value)
                problems += check.errors
                continue
            try:
                read[name] = checks[name](value)
            except values.Invalid as problem:
                problems.append(errors.invalid_attribute(name, str(problem)))
        if "name" in read and self._has_name(read["name"], trunk.id):
            problems.append(errors.invalid_attribute("name", values.TAKEN))
        return read

    def _cli_check(self) -> values.Check:
        gated = set(GATED_ACTIONS) - set(self.settings.features)
        return values.required_one_of(a for a in ON_CLI_MISMATCH_ACTIONS if a not in gated)

    def _has_name(self, name: str, but: str) -> bool:
        trunks = self.store.all(TRUNKS)
        return any(t.attributes.get("name") == name and t.id != but for t in trunks)


def _is_reached(trunk: Record, attributes: dict[str, Any]) -> bool:
    try:
        spent = Decimal(str((trunk.meta or {}).get("spent_amount")))
    except InvalidOperation:
        return False
    return spent > 0 and spent >= Decimal(attributes["threshold_amount"])
