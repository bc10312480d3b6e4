from django.db import models

from trunks.domain.actor import MEMBER_ROLES


class MembershipQuerySet(models.QuerySet["Membership"]):
    def owners(self) -> "MembershipQuerySet":
        return self.filter(role=Membership.Role.OWNER)


class Membership(models.Model):
    """Whose member a person is, and in which role. Removing a member deletes the row."""

    class Role(models.TextChoices):
        VIEWER = "viewer", "Viewer"
        OPERATOR = "operator", "Operator"
        OWNER = "owner", "Owner"

    user = models.OneToOneField("User", models.CASCADE, related_name="membership")
    customer = models.ForeignKey("Customer", models.PROTECT, related_name="members")
    role = models.CharField(max_length=10, choices=Role)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role__in=tuple(MEMBER_ROLES)), name="membership_role_is_known"
            ),
        ]

    def __str__(self) -> str:
        return str(self.user)

    @property
    def rights(self) -> frozenset[str]:
        return MEMBER_ROLES[self.role]
