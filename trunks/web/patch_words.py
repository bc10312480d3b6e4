"""A patch for many trunks in one line: `Calls at once → 30, Networks +1`."""

from trunks.domain.patch import Edit, Op, Patch, Put, Whole
from trunks.web.diff_lines import DEFAULT_DID, unit_label, value_in_words
from trunks.web.words import and_more

LONGEST_VALUE = 40


def patch_in_words(patch: Patch) -> str:
    return and_more([f"{unit_label(unit)} {_op_in_words(unit, op)}" for unit, op in patch.items()])


def _op_in_words(unit: str, op: Op) -> str:
    match op:
        case Put(value):
            words = "another number" if unit == DEFAULT_DID else value_in_words(unit, value)
            short = words if len(words) <= LONGEST_VALUE else f"{words[: LONGEST_VALUE - 1]}…"
            return f"→ {short}"
        case Edit(add, remove):
            parts = (f"+{len(add)}" if add else "", f"−{len(remove)}" if remove else "")
            return " ".join(filter(None, parts))
        case Whole(values):
            return f"→ {len(values)} in all" if values else "→ none"
