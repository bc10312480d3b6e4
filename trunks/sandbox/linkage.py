"""The numbers of a trunk after a write, with the pairs that exclude each other."""

from __future__ import annotations

from typing import Any

from . import bodies, errors, values
from .errors import ErrorObject
from .rendering import linked_ids
from .resources import DIDS
from .store import Record, Store


class Relations:
    """Reads what was sent for one trunk, whose attributes are already as they will be."""

    def __init__(
        self, store: Store, trunk: Record, attributes: dict[str, Any], sent: dict[str, Any]
    ) -> None:
        self.store = store
        self.trunk = trunk
        self.attributes = attributes
        self.sent = sent

    def read(self, problems: list[ErrorObject]) -> dict[str, Any]:
        return self.trunk.relations | {
            "dids": self._dids(problems),
            "emergency_dids": self._emergency_dids(problems),
            "default_did": self._default_did(problems),
        }

    def _dids(self, problems: list[ErrorObject]) -> list[str]:
        is_managed = self.attributes.get("allow_any_did_as_cli") is True
        if "dids" in self.sent:
            if is_managed:
                problems.append(errors.invalid_relation("dids", "must be blank"))
            return self._numbers("dids", problems)
        return [] if is_managed else self.trunk.to_many("dids")

    def _emergency_dids(self, problems: list[ErrorObject]) -> list[str]:
        is_managed = self.attributes.get("emergency_enable_all") is True
        if "emergency_dids" in self.sent:
            if is_managed:
                problems.append(errors.invalid_relation("emergency_dids", "must be blank"))
            return self._numbers("emergency_dids", problems)
        if self.trunk.attributes.get("emergency_enable_all") is True:
            return linked_ids(self.store, self.trunk, "emergency_dids")
        return self.trunk.to_many("emergency_dids")

    def _numbers(self, name: str, problems: list[ErrorObject]) -> list[str]:
        ids = bodies.identifiers(self.sent[name], DIDS)
        if len(set(ids)) < len(ids):
            problems.append(errors.invalid_relation(name, values.NOT_UNIQUE))
        for index, id_ in enumerate(ids):
            message = self._complaint(name, self.store.get(DIDS, id_))
            if message:
                problems.append(errors.invalid_relation(f"{name}/{index}", message))
        return ids

    def _complaint(self, name: str, did: Record | None) -> str | None:
        if did is None:
            return values.INVALID
        if did.attributes.get("awaiting_registration"):
            return "is awaiting registration"
        if name == "emergency_dids" and not did.attributes.get("emergency_enabled"):
            return "is not enabled for emergency calls"
        return None

    def _default_did(self, problems: list[ErrorObject]) -> str | None:
        """Required with replace_cli and refused without; kept while nothing new is sent."""
        is_wanted = self.attributes.get("on_cli_mismatch_action") == "replace_cli"
        if "default_did" in self.sent:
            chosen = bodies.identifier(self.sent["default_did"], DIDS)
        else:
            chosen = self.trunk.to_one("default_did") if is_wanted else None
        if is_wanted and chosen is None:
            problems.append(errors.invalid_relation("default_did", values.BLANK))
        elif chosen is not None and not is_wanted:
            problems.append(errors.invalid_relation("default_did", "must be blank"))
        elif chosen is not None and (message := self._complaint("default_did", self._did(chosen))):
            problems.append(errors.invalid_relation("default_did", message))
        return chosen

    def _did(self, id_: str) -> Record | None:
        return self.store.get(DIDS, id_)
