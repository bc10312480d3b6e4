"""A member's home: their trunks, in words, in a constant number of queries."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from trunks.models import Customer, Trunk

pytestmark = pytest.mark.usefixtures("pulled")


def lend(customer: Customer, count: int) -> list[Trunk]:
    trunks = list(Trunk.objects.order_by("pk")[:count])
    Trunk.objects.filter(pk__in=[trunk.pk for trunk in trunks]).update(customer=customer)
    return trunks


def test_members_see_their_own_trunks_and_whose_they_are(client_of, abe, bob, acme):
    own = lend(acme, 3)
    shown = client_of(abe).get("/portal/").content.decode()
    assert all(str(trunk.name) in shown for trunk in own)
    others = Trunk.objects.filter(customer=None)
    assert not [trunk.name for trunk in others if str(trunk.name) in shown]
    assert "Viewer, Acme" in shown
    assert "/staff/" not in shown
    assert "No trunks yet" in client_of(bob).get("/portal/").content.decode()


def test_its_queries_do_not_grow_with_the_trunks(client_of, abe, acme):
    def count(trunks: int) -> int:
        lend(acme, trunks)
        client = client_of(abe)
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/portal/").status_code == 200
        return len(queries)

    assert count(2) == count(20)
