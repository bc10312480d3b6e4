from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery

from trunks.domain import authentication
from trunks.domain.attributes import ATTRIBUTES, READ_ONLY
from trunks.domain.authentication import KNOWN, AuthenticationMethod
from trunks.domain.networks import networks_holding
from trunks.domain.prefixes import leading_prefixes
from trunks.domain.units import METHOD, units_of
from trunks.models.change import FAILED, Change, is_decided
from trunks.models.did import Did, DidQuerySet
from trunks.models.fields import SealedField
from trunks.models.search import digits_of, is_uuid

MIRRORED = (*ATTRIBUTES, *READ_ONLY)  # plain attributes, under upstream's own names
NEAR_LIMIT = 0.8  # of the 24-hour limit


class TrunkQuerySet(models.QuerySet["Trunk"]):
    def present(self) -> TrunkQuerySet:
        return self.filter(gone_at=None)

    def tombstones(self) -> TrunkQuerySet:
        return self.filter(gone_at__isnull=False)

    def blocked(self) -> TrunkQuerySet:
        return self.filter(status="blocked")

    def near_limit(self) -> TrunkQuerySet:
        limit = F("threshold_value") * NEAR_LIMIT
        return self.filter(threshold_value__gt=0, spent_value__gte=limit)

    def drifted(self) -> TrunkQuerySet:
        """With drift: what upstream did by itself stays in sight until somebody decides on it."""
        return self.filter(pk__in=Change.objects.drift().undecided().values("trunk_id"))

    def waiting(self) -> TrunkQuerySet:
        return self.filter(pk__in=Change.objects.unsettled().values("trunk_id"))

    def failing(self) -> TrunkQuerySet:
        """Whose latest change was refused or ran into a conflict, and nobody has decided on that:
        the state is `failed_state`.

        Found from the few failures, not from every trunk.
        """
        acts = Change.objects.exclude(state__in=("observed", "planned", "awaiting_approval"))
        later = acts.filter(trunk=OuterRef("trunk"), created_at__gt=OuterRef("created_at"))
        failed = Change.objects.filter(~Exists(later), ~is_decided(), state__in=FAILED)
        state = failed.filter(trunk=OuterRef("pk")).values("state")[:1]
        return self.filter(pk__in=failed.values("trunk_id")).annotate(failed_state=Subquery(state))

    def admitting(self, address: str) -> TrunkQuerySet:
        """Trunks that admit SIP from an address or a whole network; `ValueError` for neither."""
        holding = TrunkNetwork.objects.filter(cidr__in=networks_holding(address))
        return self.filter(pk__in=holding.values("trunk_id"))

    def listing_prefix(self, digits: str) -> TrunkQuerySet:
        """Trunks that list a destination prefix which covers, or begins with, these digits."""
        listed = TrunkPrefix.objects.filter(
            Q(prefix__in=leading_prefixes(digits)) | Q(prefix__startswith=digits)
        )
        return self.filter(pk__in=listed.values("trunk_id"))

    def calling_as(self, digits: str, *, dids: DidQuerySet | None = None) -> TrunkQuerySet:
        """Trunks with an assigned DID whose number contains these digits; `dids`: those that
        whoever searches may see."""
        linked = Trunk.dids.through.objects.filter(did__number__contains=digits)
        if dids is not None:
            linked = linked.filter(did__in=dids)
        return self.filter(pk__in=linked.values("trunk_id"))

    def matching(self, text: str, *, dids: DidQuerySet | None = None) -> TrunkQuerySet:
        """What upstream cannot search: address, network, number, prefix, username, name, id…

        `dids`: those that whoever searches may see, so that no other gives itself away.
        """
        text = text.strip()
        if not text:
            return self
        try:
            return self.admitting(text)
        except ValueError:
            pass
        words = (
            Q(name__icontains=text)
            | Q(external_reference_id__icontains=text)
            | Q(customer__name__icontains=text)
            | Q(auth_username__icontains=text)
            | Q(auth_attributes__twilio_account_sid__iexact=text)
            | Q(auth_attributes__tech_prefix=text)
        )
        if is_uuid(text):
            words |= Q(pk=text)
        if digits := digits_of(text):
            words |= Q(pk__in=Trunk.objects.listing_prefix(digits).values("pk"))
            words |= Q(pk__in=Trunk.objects.calling_as(digits, dids=dids).values("pk"))
        return self.filter(words)

    def of_customer(self, customer_id: int) -> TrunkQuerySet:
        """What a customer has: a tombstone is the house's alone."""
        return self.present().filter(customer=customer_id)

    def unassigned(self) -> TrunkQuerySet:
        return self.present().filter(customer=None)

    def with_linkage(self) -> TrunkQuerySet:
        """What a page or an answer with `include=dids` needs, in a constant number of queries."""
        return self.select_related("account", "customer").prefetch_related(
            models.Prefetch("dids", Did.objects.order_by("number")),
            models.Prefetch("emergency_dids", Did.objects.order_by("number")),
        )


class Trunk(models.Model):
    """A mirror of an upstream trunk, under upstream's own id.

    The mirrored columns hold what upstream last said and nothing else writes them; none limits
    what upstream may say. Once upstream no longer has the trunk the row stays as a tombstone
    (`gone_at`) without its password.
    """

    id = models.UUIDField(primary_key=True)
    account = models.ForeignKey("Account", models.PROTECT, related_name="trunks")
    customer = models.ForeignKey(
        "Customer", models.SET_NULL, null=True, blank=True, related_name="trunks"
    )

    # The last customer it was taken from, and when: they know its credentials of that time.
    left = models.ForeignKey("Customer", models.SET_NULL, null=True, related_name="left_trunks")
    left_at = models.DateTimeField(null=True)

    # --- the mirror ---
    name = models.TextField(null=True)
    status = models.TextField(null=True)
    external_reference_id = models.TextField(null=True)
    capacity_limit = models.BigIntegerField(null=True)
    allow_any_did_as_cli = models.BooleanField(null=True)
    on_cli_mismatch_action = models.TextField(null=True)
    default_dst_action = models.TextField(null=True)
    dst_prefixes = models.JSONField(null=True)
    media_encryption_mode = models.TextField(null=True)
    allowed_rtp_ips = models.JSONField(null=True)
    force_symmetric_rtp = models.BooleanField(null=True)
    rtp_ping = models.BooleanField(null=True)
    rtp_timeout = models.BigIntegerField(null=True)
    threshold_amount = models.TextField(null=True)
    callback_url = models.TextField(null=True)
    emergency_enable_all = models.BooleanField(null=True)
    created_at = models.TextField(null=True)
    threshold_reached = models.BooleanField(null=True)
    spent_amount = models.TextField(null=True)
    auth_type = models.TextField(null=True)  # null: upstream sent no method
    # Of an unknown method: its names, no values. Null: so upstream sent them.
    auth_attributes: models.JSONField[Any, Any] = models.JSONField(default=dict, null=True)
    auth_username = models.TextField(null=True)
    auth_password = SealedField(null=True)
    absent = models.JSONField(default=list)  # attributes upstream did not send: absent is not null
    unknown = SealedField(null=True)  # what this version has no column for, sealed as JSON
    dids: models.ManyToManyField[Did, Any] = models.ManyToManyField("Did", related_name="trunks")
    emergency_dids: models.ManyToManyField[Did, Any] = models.ManyToManyField(
        "Did", related_name="emergency_trunks"
    )

    # --- about the mirror ---
    spent_value = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    threshold_value = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    fingerprint = models.CharField(max_length=64, blank=True, default="")
    credentials_fingerprint = models.CharField(max_length=64, blank=True, default="")
    credentials_known_at = models.DateTimeField(null=True)  # since when these are known here
    first_seen_at = models.DateTimeField()
    read_at = models.DateTimeField()  # when the mirror of this row was last written
    gone_at = models.DateTimeField(null=True)

    objects = TrunkQuerySet.as_manager()

    class Meta:
        permissions = [
            ("switch_method", "Can switch the authentication method"),
            ("regenerate_credentials", "Can regenerate credentials"),
            ("reveal_password", "Can reveal a password"),
            ("assign_trunk", "Can assign trunks and DIDs to customers"),
        ]
        indexes = [
            models.Index(fields=["name"], name="trunk_name"),
            models.Index(fields=["account", "gone_at"], name="trunk_of_account"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(gone_at=None) | Q(auth_password=None, unknown=None),
                name="trunk_tombstone_holds_no_secret",
            ),
            models.CheckConstraint(
                condition=~Q(auth_attributes__has_key="password", auth_type__in=tuple(KNOWN)),
                name="trunk_password_only_sealed",
            ),
        ]

    def __str__(self) -> str:
        return self.name or str(self.id)

    @property
    def is_gone(self) -> bool:
        return self.gone_at is not None

    @property
    def authentication_method(self) -> AuthenticationMethod | None:
        """The method as a value: its password is `Sealed`, an unknown one's attributes are None."""
        if self.auth_type is None:
            return None
        return authentication.stored(
            self.auth_type,
            self.auth_attributes,
            username=self.auth_username,
            password=self.auth_password,
            absent=frozenset(n.removeprefix(METHOD) for n in self.absent if n.startswith(METHOD)),
        )

    def attributes(self) -> dict[str, Any]:
        """The plain attributes upstream sent; what it left out is left out."""
        return {name: getattr(self, name) for name in MIRRORED if name not in self.absent}

    def units(self) -> dict[str, Any]:
        """The settings as units of comparison (reads both linkages: prefetch them for many)."""
        return units_of(
            self.attributes(),
            self.authentication_method,
            [str(did.pk) for did in self.dids.all()],
            [str(did.pk) for did in self.emergency_dids.all()],
        )

    @property
    def mirrored_at(self) -> datetime:
        """When upstream was last read: on its own, or in a complete pass that showed it."""
        if self.is_gone or self.account.pulled_at is None:
            return self.read_at
        return max(self.read_at, self.account.pulled_at)

    @property
    def spent_share(self) -> float | None:
        """Spent as a share of the 24-hour limit, 0.0 up; None where either is not known."""
        if self.spent_value is None or not self.threshold_value:
            return None
        return float(self.spent_value / self.threshold_value)

    @property
    def is_near_limit(self) -> bool:
        return (self.spent_share or 0) >= NEAR_LIMIT


class TrunkNetwork(models.Model):
    """One network a trunk admits SIP from, in normal form: the index behind search by address.

    An address is admitted when one of the 33 (IPv4) or 129 (IPv6) networks that hold it is here.
    """

    trunk = models.ForeignKey(Trunk, models.CASCADE, related_name="networks")
    cidr = models.CharField(max_length=60, db_index=True)

    def __str__(self) -> str:
        return self.cidr


class TrunkPrefix(models.Model):
    """One destination prefix of a trunk: the index behind search by destination."""

    trunk = models.ForeignKey(Trunk, models.CASCADE, related_name="prefixes")
    prefix = models.CharField(max_length=40, db_index=True)

    def __str__(self) -> str:
        return self.prefix
