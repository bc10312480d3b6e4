from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef

from trunks.models.user import User

NEWS_FOR = timedelta(days=30)  # older notices count as read: a bell that says 4,000 says nothing


class NoticeQuerySet(models.QuerySet["Notice"]):
    def recent_first(self) -> "NoticeQuerySet":
        return self.order_by("-at", "-id")

    def to_mail(self, now: datetime) -> "NoticeQuerySet":
        """Whose e-mail is due."""
        return self.filter(next_mail_at__lte=now)

    def unread_by(self, reader: User, now: datetime) -> "NoticeQuerySet":
        reading = Notice.read_by.through.objects.filter(notice=OuterRef("pk"), user=reader)
        return self.filter(~Exists(reading), at__gte=now - NEWS_FOR)


class Notice(models.Model):
    """Something staff are told without asking: in the page, and by e-mail.

    Who has read it is kept by person. `next_mail_at` is the outbox of the e-mail: when to try
    next; null once it is sent, given up, or meant for nobody.
    """

    class Kind(models.TextChoices):
        BLOCKED = "blocked", "Trunk blocked"
        UNBLOCKED = "unblocked", "Trunk active again"

    kind = models.CharField(max_length=20, choices=Kind)
    title = models.TextField()
    text = models.TextField(blank=True, default="")
    account = models.ForeignKey("Account", models.CASCADE, null=True, related_name="notices")
    trunk = models.ForeignKey("Trunk", models.CASCADE, null=True, related_name="notices")
    at = models.DateTimeField(db_index=True)
    mailed_at = models.DateTimeField(null=True)
    next_mail_at = models.DateTimeField(null=True, db_index=True)
    mail_attempts = models.PositiveIntegerField(default=0)
    read_by = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="notices_read")

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return self.title
