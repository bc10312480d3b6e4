"""Instants and amounts in the words people read."""

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from django.utils import timezone

CENT = Decimal("0.01")
STEPS = ((60, 1, "s"), (3600, 60, "min"), (86_400, 3600, "h"))
DAYS = ((30, 1, "day"), (365, 30, "month"), (10**9, 365, "year"))


def span_in_words(seconds: float) -> str:
    """A length of time in one unit: ``40 s``, ``2 min``, ``5 days``."""
    seconds = abs(seconds)
    for below, unit_seconds, unit in STEPS:
        if seconds < below:
            return f"{int(seconds // unit_seconds)} {unit}"
    days = int(seconds // 86_400)
    for below, unit_days, unit in DAYS:
        if days < below:
            count = days // unit_days
            return f"{count} {unit}{'' if count == 1 else 's'}"
    raise AssertionError("unreachable: the last bound is beyond any date")


def age_in_words(value: datetime, now: datetime) -> str:
    """How old something is, for sentences that say what it is the age of: ``2 min``."""
    return span_in_words((now - value).total_seconds())


def distance_in_words(value: datetime, now: datetime) -> str:
    """How far an instant is from now: ``2 min ago``, ``in 40 s``, ``just now``."""
    seconds = (now - value).total_seconds()
    if -1 < seconds < 5:
        return "just now"
    return f"{span_in_words(seconds)} ago" if seconds > 0 else f"in {span_in_words(seconds)}"


def wait_in_words(value: datetime, now: datetime) -> str:
    """How long something still takes: ``in 40 s``, ``any moment``."""
    return f"in {span_in_words((value - now).total_seconds())}" if value > now else "any moment"


def instant_in_words(value: datetime, now: datetime) -> str:
    """An instant as short as it stays clear: today's hour, yesterday's, this year's day, a date."""
    value, now = timezone.localtime(value), timezone.localtime(now)
    clock = f"{value:%H:%M}"
    if value.date() == now.date():
        return clock
    if value.date() == now.date() - timedelta(days=1):
        return f"yesterday {clock}"
    return f"{day_in_words(value.date(), now.date())}, {clock}"


def day_in_words(value: date, today: date) -> str:
    year = "" if value.year == today.year else f" {value.year}"
    return f"{value.day} {value:%b}{year}"


def second_in_words(value: datetime, now: datetime) -> str:
    """For steps that follow each other within seconds: ``23 Nov, 07:29:43``."""
    value, now = timezone.localtime(value), timezone.localtime(now)
    return f"{day_in_words(value.date(), now.date())}, {value:%H:%M:%S}"


def exact_instant(value: datetime) -> str:
    """What a pointer finds over a time: to the second, with its zone."""
    local = timezone.localtime(value)
    return f"{local.day} {local:%b %Y, %H:%M:%S %Z}"


def amount_in_words(value: object, short: bool = False) -> str:
    """An amount with two decimals and thousands apart; ``short`` drops ``.00``.

    What is no number is shown as it came.
    """
    try:
        number = Decimal(str(value)).quantize(CENT, ROUND_HALF_UP)
    except InvalidOperation:
        return str(value)
    if short and number == number.to_integral_value():
        return f"{number:,.0f}"
    return f"{number:,.2f}"


def share_of(part: object, whole: object) -> float | None:
    """``part / whole``; None when that means nothing. Anything of a whole of zero is all of it."""
    try:
        numerator, denominator = Decimal(str(part)), Decimal(str(whole))
    except InvalidOperation:
        return None
    if not (numerator.is_finite() and denominator.is_finite()):
        return None
    if denominator <= 0:
        return 1.0 if numerator > 0 else None
    return float(numerator / denominator)
