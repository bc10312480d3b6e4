from django.db import models


class Customer(models.Model):
    """The company a trunk is lent to."""

    name = models.CharField(max_length=150, unique=True)
    # Where what it creates goes; without one, to the only account there is.
    account = models.ForeignKey(
        "Account", models.SET_NULL, null=True, blank=True, related_name="customers"
    )
    # What the names of its trunks begin with, where its members create or rename; "" for any.
    name_prefix = models.CharField(max_length=100, blank=True, default="")
    rails = models.ForeignKey(
        "RailTemplate", models.PROTECT, null=True, blank=True, related_name="customers"
    )
    own_rails = models.JSONField(null=True, blank=True)  # instead of a template's
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
