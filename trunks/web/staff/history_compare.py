"""Two moments of a trunk side by side, prepared: the template only places them."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from trunks.access import Asker, changes_for
from trunks.domain import authentication
from trunks.domain.authentication import CredentialsAndIp
from trunks.domain.units import LISTS, TYPE, describe, same
from trunks.models import Change, Trunk
from trunks.services.history import Comparison, Moment, Standing
from trunks.web.diff_lines import MONO, elements, rows_of, spoken, title_of, unit_label
from trunks.web.staff.history_entries import NOW
from trunks.web.words import counted, listed

STANDING = {
    Standing.GONE: "Upstream no longer had it. These were its last settings.",
    Standing.UNMADE: "It was not made yet.",
    Standing.UNSEEN: "Nobody here had looked yet: nothing is known.",
}
FIRST = "As it was first seen here."
SECRETS = {"label": "Username and password", "old": "the old ones", "new": "new ones"}


def comparison_of(
    trunk: Trunk, found: Comparison, user: Asker, *, until_now: bool
) -> dict[str, Any]:
    words = Change(kind=Change.Kind.UPDATE, did_numbers=dict(found.numbers))
    rows = [*rows_of(words, found.lines), *([SECRETS] if _has_new_secrets(found) else [])]
    kept = _kept(words, found)
    return {
        "sides": [
            {"label": "From", **_side(trunk, found.one, user, is_now=False)},
            {"label": "To", **_side(trunk, found.other, user, is_now=until_now)},
        ],
        "is_known": found.one.is_known and found.other.is_known,
        "rows": rows,
        "kept": kept,
        "kept_title": f"{counted(len(kept), 'setting is', 'settings are')} the same",
        "between": _between(trunk, found, user),
        "notices": list(_notices(found)),
        "one": _typed(found.one),
        "other": _typed(found.other),
    }


def _has_new_secrets(found: Comparison) -> bool:
    """A method that has none says enough by itself."""
    types = {moment.settings.get(TYPE) for moment in (found.one, found.other)}
    return found.credentials_changed and types == {CredentialsAndIp.type}


def _side(trunk: Trunk, moment: Moment, user: Asker, *, is_now: bool) -> dict[str, Any]:
    last = _last_before(trunk, moment, user)
    may_be_restored = moment.standing == Standing.HELD and not is_now and not trunk.is_gone
    return {
        "at": None if is_now else moment.at,
        "value": NOW if is_now else moment.at.isoformat(),
        "standing": STANDING.get(moment.standing) or ("" if last else FIRST),
        "last": title_of(last) if last else "",
        "last_who": last.actor_label if last else "",
        "last_url": reverse("staff:change-detail", args=[last.pk]) if last else "",
        "may_be_restored": may_be_restored,
    }


def _last_before(trunk: Trunk, moment: Moment, user: Asker) -> Change | None:
    """What the moment is known by: the last thing that had happened by then."""
    if not moment.is_known:
        return None
    earlier = changes_for(user).filter(trunk=trunk, settled_at__lte=moment.at).with_effect()
    return earlier.order_by("-settled_at", "-pk").first()


def _kept(words: Change, found: Comparison) -> list[dict[str, Any]]:
    """What both held alike, by the setting."""
    if not (found.one.is_known and found.other.is_known):
        return []
    before, after = found.one.settings, found.other.settings
    alike = {u: (None, v) for u, v in after.items() if u in before and same(u, before[u], v)}
    order = [line["field"] for line in describe(alike)]
    return [_setting(words, unit, after[unit]) for unit in order]


def _setting(words: Change, unit: str, value: Any) -> dict[str, Any]:
    setting = {"label": unit_label(unit), "mono": unit in MONO and value is not None}
    if unit in LISTS:
        return {**setting, "elements": elements(words, unit, value)}
    return {**setting, "value": spoken(words, unit, value)}


def _between(trunk: Trunk, found: Comparison, user: Asker) -> dict[str, str]:
    """How many changes lie between the two, and where they are."""
    changes = changes_for(user).filter(trunk=trunk).with_effect()
    period = changes.filter(settled_at__gt=found.one.at, settled_at__lte=found.other.at)
    since, until = found.one.at.isoformat(), found.other.at.isoformat()
    query = f"since={since}&until={until}".replace("+", "%2B")
    return {
        "words": counted(period.count(), "change"),
        "url": f"{reverse('staff:trunk-history', args=[trunk.pk])}?{query}",
    }


def _notices(found: Comparison) -> Iterable[str]:
    doubtful = sorted(found.one.doubtful | found.other.doubtful)
    if doubtful:
        fields = listed([unit_label(unit) for unit in doubtful])
        yield f"The record of {fields} has a gap: it is shown as far as it goes."
    for type_ in sorted(_sealed(found.one.settings) | _sealed(found.other.settings)):
        yield f"The settings of the method “{type_}” are kept sealed: they are not compared."


def _sealed(units: Mapping[str, Any]) -> set[str]:
    type_ = units.get(TYPE)
    return set() if type_ is None or type_ in authentication.SETTABLE else {str(type_)}


def _typed(moment: Moment) -> str:
    """As a field of type `datetime-local` holds it: the end of the moment's second, so that what
    happened in it has happened."""
    at = moment.at + timedelta(seconds=1) if moment.at.microsecond else moment.at
    return timezone.localtime(at).strftime("%Y-%m-%dT%H:%M:%S")
