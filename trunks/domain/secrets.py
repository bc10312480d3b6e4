"""Secrets as values that never print themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NoReturn

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

DOTS = "••••••••"


class Unreadable(Exception):
    """No key in `SEALING_KEYS` opens this value."""


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A secret in clear, on its way between upstream and its seal."""

    clear: str

    def __repr__(self) -> str:
        return DOTS

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret in clear is not pickled: seal it")


@dataclass(frozen=True, slots=True, repr=False)
class Sealed:
    """A secret at rest: only its ciphertext."""

    ciphertext: str

    def __repr__(self) -> str:
        return DOTS

    __str__ = __repr__


class Seal:
    """Closes and opens secrets with a list of Fernet keys: the first seals, all open."""

    def __init__(self, keys: Sequence[str]):
        self._fernets = MultiFernet([Fernet(key) for key in keys])

    def close(self, secret: Secret | str) -> Sealed:
        clear = secret.clear if isinstance(secret, Secret) else secret
        return Sealed(self._fernets.encrypt(clear.encode()).decode())

    def open(self, sealed: Sealed) -> Secret:
        """Raises `Unreadable` when no key fits."""
        try:
            return Secret(self._fernets.decrypt(sealed.ciphertext.encode()).decode())
        except InvalidToken:
            raise Unreadable from None

    def rotate(self, sealed: Sealed) -> Sealed:
        """The same secret under the first key; raises `Unreadable`."""
        try:
            return Sealed(self._fernets.rotate(sealed.ciphertext.encode()).decode())
        except InvalidToken:
            raise Unreadable from None


@lru_cache(maxsize=8)
def seal_with(keys: tuple[str, ...]) -> Seal:
    return Seal(keys)
