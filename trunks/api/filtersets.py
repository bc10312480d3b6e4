"""The filters of each list: django-filter's sets over three filters of our own.

A key may be repeated (any of the values); a comma separates values only where a list is taken.
Upstream's filters, by the contract in tests/upstream. Those it has and we do not mirror are
refused with a reason.
"""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django_filters import Filter
from django_filters.rest_framework import FilterSet

from trunks import access
from trunks.api import errors
from trunks.domain.attributes import ATTRIBUTES
from trunks.models import Change, SyncRun, Trunk

COUNT = forms.IntegerField(required=False, min_value=0, max_value=10**9)


class Values(forms.Field):
    """Every value of a repeated key. The library's own lists take the last one alone."""

    widget = forms.SelectMultiple

    def __init__(self, *, each: forms.Field, commas: bool, **options: Any) -> None:
        super().__init__(**options)
        self.each, self.commas = each, commas

    def clean(self, values: list[str]) -> list[Any]:
        given = [v for value in values for v in (value.split(",") if self.commas else (value,))]
        return [self._one(value) for value in given]

    def _one(self, value: str) -> Any:
        try:
            return self.each.clean(value)
        except ValidationError:
            raise ValidationError(errors.shown(value)) from None


class Boolean(forms.Field):
    """Any case is read, since Python clients write `True`."""

    def clean(self, value: str) -> bool:
        if value.lower() not in ("true", "false"):
            raise ValidationError(value)
        return value.lower() == "true"


class AnyOf(Filter):
    """Rows with one of the values; the empty value finds what has none."""

    field_class = Values

    def __init__(
        self,
        column: str,
        label: str,
        each: forms.Field | None = None,
        *,
        commas: bool = False,
    ) -> None:
        each = each or forms.CharField(required=False, strip=False)
        label = f"{label} Takes a comma-separated list." if commas else label
        super().__init__(column, label=label, required=False, each=each, commas=commas)

    def filter(self, rows: QuerySet[Any], values: list[Any]) -> QuerySet[Any]:
        return rows.filter(self.condition(values)) if values else rows

    def condition(self, values: list[Any]) -> Q:
        found = Q(**{f"{self.field_name}__in": [value for value in values if value is not None]})
        if None in values or "" in values:
            found |= Q(**{f"{self.field_name}__isnull": True})
        return found


class Contains(AnyOf):
    def condition(self, values: list[str]) -> Q:
        if "" in values:
            return Q()
        parts = [Q(**{f"{self.field_name}__icontains": value}) for value in values]
        return Q(*parts, _connector=Q.OR)


class Searching(AnyOf):
    """By a search of the trunks that takes a text; `ValueError` is for what makes no sense."""

    def condition(self, values: list[str]) -> Q:
        found = [Q(pk__in=self._found(value).values("pk")) for value in values]
        return Q(*found, _connector=Q.OR)

    def _found(self, value: str) -> Any:
        try:
            return self.search(value)
        except ValueError:
            raise errors.filter_value(self.field_name, value) from None

    def search(self, value: str) -> Any:
        return getattr(Trunk.objects, self.field_name)(value)


class Matching(Searching):
    """By what whoever asks may see."""

    def search(self, value: str) -> Any:
        return access.trunks_matching(self.parent.request.auth, value)


def one_of(values: Iterable[str]) -> forms.ChoiceField:
    return forms.ChoiceField(choices=[(value, value) for value in values])


def known(attribute: str, label: str) -> AnyOf:
    return AnyOf(attribute, label, one_of(ATTRIBUTES[attribute].values))


class TrunkFilters(FilterSet):
    id = AnyOf("pk", "By id.", forms.UUIDField(), commas=True)
    name = AnyOf("name", "With exactly this name.")
    name_contains = Contains("name", "With this text in the name.")
    external_reference_id = AnyOf("external_reference_id", "With exactly this reference.")
    status = known("status", "Active or blocked.")
    threshold_reached = AnyOf(
        "threshold_reached", "Whether spending has passed the threshold.", Boolean()
    )
    allow_any_did_as_cli = AnyOf(
        "allow_any_did_as_cli", "Whether any DID of the account may be the caller ID.", Boolean()
    )
    default_dst_action = known("default_dst_action", "By action for destinations.")
    media_encryption_mode = known("media_encryption_mode", "By media encryption.")
    on_cli_mismatch_action = known(
        "on_cli_mismatch_action", "By action for a caller ID that is not allowed."
    )
    authentication_method__type = AnyOf("auth_type", "By authentication method.", commas=True)
    admitting = Searching(
        "admitting", "That admit SIP from this address or whole network. Not known upstream."
    )
    matching = Matching(
        "matching",
        "By anything people search for: name, reference, username, address, network, "
        "destination, number of a DID. Not known upstream.",
    )
    refused = {
        "default_did.id": "upstream does not show which default DID a trunk has, so it is not "
        "mirrored"
    }


class DidFilters(FilterSet):
    id = AnyOf("pk", "By id.", forms.UUIDField(), commas=True)
    number = AnyOf("number", "With exactly this number.", commas=True)
    description = Contains("description", "With this text in the description.")
    blocked = AnyOf("blocked", "Whether it cannot carry traffic.", Boolean())
    awaiting_registration = AnyOf(
        "awaiting_registration", "Whether it waits for registration.", Boolean()
    )
    terminated = AnyOf("terminated", "Whether it was cancelled.", Boolean())
    emergency_enabled = AnyOf(
        "emergency_enabled", "Whether emergency calling is active.", Boolean()
    )
    billing_cycles_count = AnyOf(
        "billing_cycles_count", "With this many billing cycles left.", COUNT, commas=True
    )
    refused = dict.fromkeys(
        (
            "address_verification.id",
            "capacity_pool.id",
            "city.id",
            "country.id",
            "did_group.features",
            "did_group.id",
            "emergency_calling_service.id",
            "order.id",
            "order.reference",
            "region.id",
            "shared_capacity_group.id",
            "trunk.id",
            "trunk_group.id",
            "voice_in_trunk.id",
            "voice_in_trunk_group.id",
        ),
        "it is not mirrored here",
    )


class ChangeFilters(FilterSet):
    state = AnyOf("state", "By state.", one_of(Change.State.values), commas=True)
    kind = AnyOf("kind", "By kind.", one_of(Change.Kind.values), commas=True)
    origin = AnyOf("origin", "By where it came from.", one_of(Change.Origin.values), commas=True)
    voice_out_trunk__id = AnyOf("trunk_id", "Of these trunks.", forms.UUIDField(), commas=True)


class SyncFilters(FilterSet):
    state = AnyOf("state", "By state.", one_of(SyncRun.State.values), commas=True)
    account__id = AnyOf("account_id", "Of these accounts.", COUNT, commas=True)
