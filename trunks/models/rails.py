from django.db import models


class RailTemplate(models.Model):
    """Guard rails that several customers share, as `domain.guardrails` writes them."""

    name = models.CharField(max_length=100, unique=True)
    rails = models.JSONField(default=dict)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
