"""Authentication methods: what may be sent, what is stored, and generated credentials."""

from __future__ import annotations

import secrets
import string
from typing import Any

from . import errors, values
from .errors import ErrorObject
from .resources import METHODS, TRUNKS
from .store import Store

_POINTER = "/data/attributes/authentication_method"
_ALPHABET = string.ascii_letters + string.digits
_CREDENTIAL_LENGTH = 16
_ACCEPTED = {
    "credentials_and_ip": ("allowed_sip_ips", "tech_prefix"),
    "ip_only": ("allowed_sip_ips", "tech_prefix"),
    # A prefix beside a SID is known to the API, and refused as a value.
    "twilio": ("twilio_account_sid", "tech_prefix"),
}


def new_credential() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_CREDENTIAL_LENGTH))


def with_new_credentials(method: dict[str, Any]) -> dict[str, Any]:
    fresh = {"username": new_credential(), "password": new_credential()}
    return {**method, "attributes": {**(method.get("attributes") or {}), **fresh}}


def refuse_unknown_members(method: Any) -> None:
    """The generated credentials are not among what may be sent."""
    if not isinstance(method, dict):
        return
    unknown = [name for name in method if name not in ("type", "attributes")]
    attributes = method.get("attributes")
    accepted = _ACCEPTED.get(str(method.get("type")))
    if isinstance(attributes, dict) and accepted is not None:
        unknown += [name for name in attributes if name not in accepted]
    if unknown:
        raise errors.params_not_allowed(unknown)


class MethodCheck:
    """Checks one sent method against what the trunk has; collects errors, or gives the value."""

    def __init__(self, store: Store, trunk_id: str | None, before: Any) -> None:
        self.store = store
        self.trunk_id = trunk_id
        self.before = before if isinstance(before, dict) else {}
        self.errors: list[ErrorObject] = []

    def check(self, method: Any) -> Any:
        """The whole new method; None when something was refused."""
        value = self._read(method)
        return None if self.errors else value

    def _read(self, method: Any) -> Any:
        if method is None:
            return self._refuse("authentication_method", values.BLANK, _POINTER)
        if not isinstance(method, dict):
            return self._refuse("authentication_method", values.INVALID, _POINTER)
        type_, attributes = method.get("type"), method.get("attributes") or {}
        if type_ == "ip_only":
            when = "update" if self.trunk_id else "creation"
            message = f"is not allowed for {when}"
            return self._refuse("type", message, f"{_POINTER}/type")
        if type_ not in METHODS:
            message = values.BLANK if type_ is None else values.NOT_LISTED
            return self._refuse("type", message, f"{_POINTER}/type")
        if not isinstance(attributes, dict):
            return self._refuse("authentication_method", values.INVALID, _POINTER)
        read = self._twilio if type_ == "twilio" else self._credentials
        return {"type": type_, "attributes": read(attributes)}

    def _credentials(self, sent: dict[str, Any]) -> dict[str, Any]:
        if not sent.get("allowed_sip_ips"):
            # As recorded: a missing list is an error of the method, not of the list.
            self._refuse("authentication_method", values.INVALID, _POINTER)
            return {}
        stored = {
            "allowed_sip_ips": self._value("allowed_sip_ips", values.networks, sent),
            "tech_prefix": self._value("tech_prefix", values.tech_prefix, sent),
        }
        return stored | self._kept_credentials()

    def _kept_credentials(self) -> dict[str, Any]:
        attributes = self.before.get("attributes") or {}
        if self.before.get("type") == "credentials_and_ip" and "username" in attributes:
            return {name: attributes.get(name) for name in ("username", "password")}
        return {"username": new_credential(), "password": new_credential()}

    def _twilio(self, sent: dict[str, Any]) -> dict[str, Any]:
        if sent.get("tech_prefix") is not None:
            self._refuse("tech_prefix", "must be blank", f"{_POINTER}/attributes/tech_prefix")
        sid = self._value("twilio_account_sid", values.twilio_account_sid, sent)
        if sid is not None and self._is_taken(sid):
            pointer = f"{_POINTER}/attributes/twilio_account_sid"
            self._refuse("twilio_account_sid", values.TAKEN, pointer)
        return {"twilio_account_sid": sid}

    def _is_taken(self, sid: str) -> bool:
        for trunk in self.store.all(TRUNKS):
            method = trunk.attributes.get("authentication_method")
            if trunk.id == self.trunk_id or not isinstance(method, dict):
                continue
            other = (method.get("attributes") or {}).get("twilio_account_sid")
            if isinstance(other, str) and other.upper() == sid.upper():
                return True
        return False

    def _value(self, name: str, check: values.Check, sent: dict[str, Any]) -> Any:
        try:
            return check(sent.get(name))
        except values.Invalid as problem:
            return self._refuse(name, str(problem), f"{_POINTER}/attributes/{name}")

    def _refuse(self, field: str, message: str, pointer: str) -> Any:
        """Notes the error; None, for the value that is not there."""
        self.errors.append(errors.invalid(field, message, pointer))
        return None
