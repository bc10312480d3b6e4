"""Slow to believe that a trunk is gone: a complete pass, its own GET, and not too many at once."""

from datetime import datetime

from trunks.models import Account, Trunk
from trunks.models.clock import database_now
from trunks.services import accounts, settling
from trunks.services.passes import Pass
from trunks.upstream import Missing

SUSPICIOUS_SHARE = 0.05  # of the known trunks gone at once …
SUSPICIOUS_COUNT = 10  # … and at least so many: a person is asked


def look_for_missing(this: Pass, began: datetime) -> None:
    absent = sorted(set(this.known) - this.seen)
    missing = [
        trunk
        for start in range(0, len(absent), 500)
        for trunk in Trunk.objects.filter(pk__in=absent[start : start + 500], read_at__lt=began)
    ]
    if not missing:
        Account.objects.filter(pk=this.account.pk).update(missing_believed=False)
        return
    account = Account.objects.get(pk=this.account.pk)
    if account.pause == Account.Pause.QUESTION:
        this.problem = account.pause_reason
        return  # somebody is still to answer, and no 404 is believed meanwhile
    if not this.account.missing_believed and (question := _question(this, len(missing))):
        accounts.pause_for_question(this.account, question)
        this.problem = question
        return
    for trunk in missing:
        _ask_for(this, trunk)
    Account.objects.filter(pk=this.account.pk).update(missing_believed=False)


def _question(this: Pass, missing: int) -> str:
    """What a person is asked when too much is gone at once; "" when it is believable."""
    known = len(this.known)
    if not this.seen & this.known.keys():
        return (
            f"None of the {known} trunks known here is visible upstream. Another account's key"
            " looks like this. Are they really gone?"
        )
    if missing >= SUSPICIOUS_COUNT and missing > known * SUSPICIOUS_SHARE:
        return f"{missing} of {known} trunks are gone upstream at once. Are they really gone?"
    return ""


def _ask_for(this: Pass, trunk: Trunk) -> None:
    """What a complete pass misses is asked for by id before it becomes a tombstone."""
    at = database_now()
    try:
        value, included = this.client.trunk_with_included(str(trunk.pk))
    except Missing:
        settling.settle_gone(trunk, at)
        this.note(missing=1)
        return
    settling.mirror_and_settle(this.account, [value], read_at=at, key=this.key, included=included)
