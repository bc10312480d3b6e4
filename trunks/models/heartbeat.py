from django.db import models


class Heartbeat(models.Model):
    """A background process that says it is alive."""

    name = models.CharField(max_length=100, unique=True)
    at = models.DateTimeField()
    doing = models.CharField(max_length=200, blank=True, default="")

    def __str__(self) -> str:
        return self.name
