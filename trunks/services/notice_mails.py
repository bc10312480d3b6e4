"""Notices by e-mail: an outbox that several workers may empty at once, none twice."""

import logging
import smtplib
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import F
from django.urls import reverse

from trunks.models import Notice
from trunks.models.clock import database_now
from trunks.services.waits import back_off

log = logging.getLogger("trunks.notices")

GIVEN_UP_AFTER = timedelta(days=1)
IN_HAND = timedelta(minutes=5)  # then a mail whose sender died is sent by another
SOCKET_SECONDS = 20
AT_ONCE = 50  # notices in one mail
SUBJECT_LENGTH = 120


def mail_notices() -> int:
    """Mail what is due, all of it in one message; how many notices went out.

    What could not be sent is tried again, later each time, and given up after a day. A process
    that dies between sending and noting it makes the one case in which a mail comes twice.
    """
    if not (due := _claim()):
        return 0
    if not (people := _readers()):
        _note(due, next_mail_at=None)
        return 0
    try:
        _message(due, people).send()
    except (OSError, smtplib.SMTPException) as error:
        log.warning("%d notices not mailed: %s", len(due), type(error).__name__)
        _try_later(due)
        return 0
    _note(due, mailed_at=database_now(), next_mail_at=None)
    return len(due)


def _claim() -> list[Notice]:
    now = database_now()
    with transaction.atomic():
        old = Notice.objects.to_mail(now).filter(at__lt=now - GIVEN_UP_AFTER)
        old.update(next_mail_at=None)
        due = Notice.objects.to_mail(now).select_for_update(of=("self",)).order_by("at", "pk")
        mine = list(due[:AT_ONCE])
        _note(mine, next_mail_at=now + IN_HAND, mail_attempts=F("mail_attempts") + 1)
    return mine


def _note(notices: Sequence[Notice], **fields: object) -> None:
    Notice.objects.filter(pk__in=[notice.pk for notice in notices]).update(**fields)


def _try_later(notices: Sequence[Notice]) -> None:
    tries = max(notice.mail_attempts for notice in notices) + 1
    _note(notices, next_mail_at=database_now() + timedelta(seconds=back_off(tries)))


def _readers() -> list[str]:
    """Those who may see trunks still; a page asks for that right as well."""
    allowed = ModelBackend().with_perm("trunks.view_trunk")  # of active people
    people = allowed.filter(is_staff=True, notify_by_email=True)
    return list(people.order_by("pk").values_list("email", flat=True))


def _message(notices: Sequence[Notice], people: Sequence[str]) -> EmailMessage:
    """One message to all, in one go: either everybody's is on its way or nobody's."""
    return EmailMessage(
        subject=_subject(notices),
        body="\n\n".join([*(_paragraph(notice) for notice in notices), _ending()]) + "\n",
        bcc=people,
        headers={"To": "undisclosed-recipients:;", "Auto-Submitted": "auto-generated"},
        connection=get_connection(timeout=SOCKET_SECONDS),
    )


def _subject(notices: Sequence[Notice]) -> str:
    if len(notices) == 1:
        return in_one_line(notices[0].title)[:SUBJECT_LENGTH]
    blocked = sum(notice.kind == Notice.Kind.BLOCKED for notice in notices)
    parts = ((blocked, "blocked"), (len(notices) - blocked, "active again"))
    return "Trunks: " + ", ".join(f"{count} {word}" for count, word in parts if count)


def _paragraph(notice: Notice) -> str:
    at = _instant(notice.at)
    lines = [f"{in_one_line(notice.title)}.", in_one_line(notice.text), f"Told {at}.", _url(notice)]
    return "\n".join(line for line in lines if line)


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _url(notice: Notice) -> str:
    if notice.trunk_id is not None:
        return settings.PUBLIC_URL + reverse("staff:trunk-detail", args=[notice.trunk_id])
    return settings.PUBLIC_URL + reverse("staff:notice-list")


def _ending() -> str:
    return f"All notices, and the switch for these mails: {settings.PUBLIC_URL}" + reverse(
        "staff:notice-list"
    )


def in_one_line(text: str) -> str:
    """Upstream's words without what could start another line, or another header, or hide."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
