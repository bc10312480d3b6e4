"""One patch for many trunks: the part of it that means something for one of them."""

from collections.abc import Mapping

from trunks.domain.attributes import label_of
from trunks.domain.authentication import LABELS, SETTABLE, label
from trunks.domain.patch import Edit, Op, Patch
from trunks.domain.units import METHOD, TYPE, Units

RTP = "allowed_rtp_ips"


def fit(patch: Patch, held: Units) -> tuple[dict[str, Op], list[str]]:
    """The patch without what does not go with the trunk, and a sentence for each thing left out.

    A setting that only another method has is left out; so are networks that would be added to
    a list whose emptiness means "from anywhere": they would narrow it.
    """
    left_out = {unit: why for unit, op in patch.items() if (why := _misfit(unit, op, patch, held))}
    fitting = {unit: op for unit, op in patch.items() if unit not in left_out}
    return fitting, list(dict.fromkeys(left_out.values()))


def _misfit(unit: str, op: Op, patch: Patch, held: Units) -> str:
    if unit.startswith(METHOD) and TYPE not in patch and not _has(unit, held):
        return _lacks(unit, str(held.get(TYPE) or ""))
    if unit == RTP and isinstance(op, Edit) and op.add and not op.remove and not held.get(RTP):
        return "Media is accepted from anywhere already."
    return ""


def _has(unit: str, held: Units) -> bool:
    return unit.removeprefix(METHOD) in SETTABLE.get(str(held.get(TYPE)), ())


def _lacks(unit: str, type_: str) -> str:
    if type_ not in LABELS:
        return f"The settings of the method “{label(type_)}” cannot be changed here."
    return f"{label(type_)} has no {NOUNS.get(unit, label_of(unit))}."


NOUNS: Mapping[str, str] = {
    METHOD + "allowed_sip_ips": "networks",
    METHOD + "tech_prefix": "tech prefix",
    METHOD + "twilio_account_sid": "Twilio account SID",
}
