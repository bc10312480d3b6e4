"""How long to wait before the next try: doubling, jittered, bounded."""

import random

from django.conf import settings

LONGEST_SECONDS = 15 * 60.0


def back_off(tries: int) -> float:
    """Seconds after so many tries: 15, 30, 60 … up to 15 minutes, each with up to a fifth more,
    so that what failed together does not come back together."""
    base = settings.DELIVERY_RETRY_SECONDS * 2.0 ** min(max(tries - 1, 0), 16)
    return float(min(base, LONGEST_SECONDS)) * random.uniform(1.0, 1.2)  # noqa: S311
