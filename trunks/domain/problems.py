"""What is wrong with a value, said so that a form and an API can both put it beside its cause."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One complaint.

    `unit` is the flat name of what is wrong (`capacity_limit`,
    `authentication_method.allowed_sip_ips`, `dids`), or "" for the whole trunk.
    `message` is the end of a sentence that begins with the field, as upstream writes them
    ("must be between 1 and 32767").
    """

    unit: str
    message: str

    @property
    def sentence(self) -> str:
        return self.message[:1].upper() + self.message[1:] + "."


class Invalid(ValueError):
    """Raised with every problem found, never with only the first."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.unit} {p.message}" for p in self.problems))
