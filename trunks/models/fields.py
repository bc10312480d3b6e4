"""Column types of our own."""

from typing import Any

from django.conf import settings
from django.db import models

from trunks.domain.secrets import Seal, Sealed, Secret, seal_with


def current_seal() -> Seal:
    return seal_with(tuple(settings.SEALING_KEYS))


class SealedField(models.Field):
    """Text that is only ever stored encrypted.

    Reads give a `Sealed` (or None), which prints as dots and is opened in `services.secrets`
    alone. A `Secret` that is assigned is sealed when it is saved; plain text is refused, so that
    a clear value cannot slip in by mistake.
    """

    # For the type checker: what may be assigned, and what is read.
    _pyi_private_set_type: Secret | Sealed | None
    _pyi_private_get_type: Sealed

    def get_internal_type(self) -> str:
        return "TextField"

    def from_db_value(self, value: str | None, *args: Any) -> Sealed | None:
        return None if value is None else Sealed(value)

    def to_python(self, value: Any) -> Any:
        return value

    def get_prep_value(self, value: Any) -> str | None:
        if value is None:
            return None
        if isinstance(value, Secret):
            value = current_seal().close(value)
        if not isinstance(value, Sealed):
            raise TypeError("a sealed column takes a Secret or a Sealed, never plain text")
        return value.ciphertext

    def value_to_string(self, obj: models.Model) -> str:
        return ""  # dumpdata carries no secret
