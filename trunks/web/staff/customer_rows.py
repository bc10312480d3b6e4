"""Customers with what there is to count about them, for their list and their page."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db.models import CharField, Count, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Cast, Coalesce
from django.urls import reverse

from trunks.models import Change, Customer, Membership, Trunk
from trunks.templatetags._words import amount_in_words

SORTS: Mapping[str, Any] = {
    "name": F("name").asc(),
    "-name": F("name").desc(),
    "trunks": F("trunk_count").asc(),
    "-trunks": F("trunk_count").desc(),
    "requests": F("request_count").asc(),
    "-requests": F("request_count").desc(),
    "spent": F("spent").asc(),
    "-spent": F("spent").desc(),
}


def counted_customers(rows: QuerySet[Customer]) -> QuerySet[Customer]:
    """Each with `member_count`, `trunk_count`, `request_count` and `spent`, in one query."""
    trunks = Trunk.objects.present().filter(customer=OuterRef("pk"))
    members = Membership.objects.filter(customer=OuterRef("pk"))
    own = Cast(OuterRef("pk"), CharField())
    requests = Change.objects.requests().filter(customer_id=own)
    spent = trunks.order_by().values("customer").annotate(sum=Sum("spent_value")).values("sum")
    return rows.select_related("rails").annotate(
        member_count=_count(members, "customer"),
        trunk_count=_count(trunks, "customer"),
        request_count=_count(requests, "customer_id"),
        spent=Coalesce(Subquery(spent), Decimal(0)),
    )


def _count(rows: QuerySet[Any], by: str) -> Coalesce:
    grouped = rows.order_by().values(by).annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(grouped), 0)


def customer_rows(customers: Iterable[Any]) -> list[dict[str, Any]]:
    return [
        {
            "url": reverse("staff:customer-detail", args=[customer.pk]),
            "name": customer.name,
            "members": f"{customer.member_count:,}",
            "trunks": f"{customer.trunk_count:,}",
            "requests": customer.request_count,
            "spent": f"{amount_in_words(customer.spent)} USD",
            "rails": rails_label(customer),
        }
        for customer in customers
    ]


def rails_label(customer: Customer) -> str:
    """Which guard rails a customer has, by their name."""
    if customer.own_rails is not None:
        return "Its own"
    return customer.rails.name if customer.rails else "Standard"
