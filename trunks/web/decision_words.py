"""Decisions in the words people read."""

from collections.abc import Mapping, Sequence

from django.utils import timezone

from trunks.models import Decision
from trunks.templatetags._words import instant_in_words
from trunks.web.words import counted

Kind = Decision.Kind
DID: Mapping[str, str] = {
    Kind.ACKNOWLEDGED: "acknowledged it",
    Kind.REVERTED: "decided to put it back",
    Kind.IGNORED: "left it to upstream from now on",
    Kind.MINE: "kept what was asked for",
    Kind.THEIRS: "left what upstream has",
    Kind.EDITED: "decided for each setting",
    Kind.ADOPTED: "found it upstream",
    Kind.SENT_AGAIN: "had it sent again",
    Kind.GIVEN_UP: "gave it up",
    Kind.RELEASED: "let it go on",
    Kind.APPROVED: "approved it",
    Kind.DENIED: "refused it",
    Kind.REVERSED: "ended it when its time was over",
}


SHORT: Mapping[str, str] = {
    Kind.ACKNOWLEDGED: "acknowledged",
    Kind.REVERTED: "put back",
    Kind.IGNORED: "left to upstream",
    Kind.MINE: "decided as asked for",
    Kind.THEIRS: "left as upstream has it",
    Kind.EDITED: "decided",
    Kind.ADOPTED: "found upstream",
    Kind.SENT_AGAIN: "sent again",
    Kind.GIVEN_UP: "given up",
    Kind.RELEASED: "released",
    Kind.APPROVED: "approved",
    Kind.DENIED: "refused",
    Kind.REVERSED: "ended",
}


def did(decision: Decision) -> str:
    """`Ada Lind kept what was asked for`."""
    return f"{decision.actor_label or 'Somebody'} {DID[decision.kind]}"


def decided_by(decision: Decision) -> str:
    """`acknowledged by Sam Okafor`, inside a line."""
    return f"{SHORT[decision.kind]} by {decision.actor_label or 'somebody'}"


def told(decision: Decision) -> str:
    """For whoever came second: `Ada Lind kept what was asked for, 12:03.`"""
    at = instant_in_words(decision.at, timezone.now())
    return f"Decided already: {did(decision)}, {at}. Nothing was done twice."


def told_of_many(done: int, before: Sequence[Decision], verb: str) -> str:
    """`3 acknowledged, 1 decided before by Ada Lind`."""
    if not before:
        return f"{counted(done, 'change')} {verb}."
    others = ", ".join(sorted({decision.actor_label for decision in before}))
    return f"{counted(done, 'change')} {verb}, {len(before):,} decided before by {others}."
