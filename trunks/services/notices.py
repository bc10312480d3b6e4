"""What staff are told without asking: in the page to each, by e-mail to who wants it."""

from collections.abc import Iterable
from datetime import datetime

from trunks.models import Account, Notice, Trunk, User
from trunks.models.clock import database_now
from trunks.models.notice import NoticeQuerySet
from trunks.upstream.callbacks import ToldEvent

BLOCKED, ACTIVE = "blocked", "active"
BY_LIMIT = "Its 24-hour limit was reached."
BY_HAND = "By hand, not by its 24-hour limit."


def notice_of_block(
    account: Account, trunk: Trunk | None, event: ToldEvent, at: datetime
) -> Notice | None:
    """The notice of an event, not saved; None for a status nobody here knows."""
    name = str(trunk) if trunk else f"Trunk {event.trunk_id}"
    notice = Notice(account=account, trunk=trunk, at=at, next_mail_at=at)
    if event.status == BLOCKED:
        notice.kind, notice.title = Notice.Kind.BLOCKED, f"{name} was blocked"
        notice.text = cause_of(event.status, event.threshold_reached)
        return notice
    if event.status == ACTIVE:
        notice.kind, notice.title = Notice.Kind.UNBLOCKED, f"{name} is active again"
        return notice
    return None


def cause_of(status: str, threshold_reached: bool | None) -> str:
    """Why it was blocked, in a sentence; "" where upstream does not say, or it is not blocked."""
    if status != BLOCKED or threshold_reached is None:
        return ""
    return BY_LIMIT if threshold_reached else BY_HAND


def mark_read(notices: Iterable[Notice], *, reader: User) -> None:
    """For this person alone; everybody else has still to read them."""
    reading = Notice.read_by.through
    rows = [reading(notice_id=notice.pk, user_id=reader.pk) for notice in notices]
    reading.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)


def mark_unread(notice: Notice, *, reader: User) -> None:
    Notice.read_by.through.objects.filter(notice=notice, user=reader).delete()


def mark_all_read(notices: NoticeQuerySet, *, reader: User) -> None:
    mark_read(notices.unread_by(reader, database_now()).only("pk"), reader=reader)


def choose_mail(wanted: bool, *, reader: User) -> None:
    """Whether this person is told by e-mail too."""
    User.objects.filter(pk=reader.pk).update(notify_by_email=wanted)
