"""What waits for upstream can be taken back, and what a later edit took over says so."""

from typing import Any

import pytest
from django.urls import reverse

from trunks.access import actor_of
from trunks.domain.patch import Put
from trunks.models import Change, Trunk
from trunks.services.delivering import drain
from trunks.services.proposing import propose
from trunks.services.pulling import pull
from trunks.services.submitting import submit


@pytest.fixture
def waiting(pulled: Any, sam: Any) -> Any:
    def submitted(**values: Any) -> Change:
        patch = {name: Put(value) for name, value in values.items()}
        trunk = Trunk.objects.order_by("pk")[0]
        actor = actor_of(sam)
        return submit(propose(trunk, patch, actor=actor, origin="staff"), actor=actor)

    return submitted


def test_sam_takes_back_what_waits(waiting, client_of, sam, sandbox):
    change, browser = waiting(rtp_timeout=300), client_of(sam)
    page = browser.get(reverse("staff:change-detail", args=[change.pk]))
    assert "Take it back" in page.content.decode()
    answer = browser.post(reverse("staff:change-take-back", args=[change.pk]), follow=True)
    assert "Taken back. Nothing was sent." in answer.content.decode()
    drain()
    change.refresh_from_db()
    assert change.state == "cancelled"
    assert not sandbox.requests


def test_what_was_sent_is_not_taken_back(waiting, client_of, sam):
    change = waiting(rtp_timeout=300)
    drain()
    url = reverse("staff:change-take-back", args=[change.pk])
    assert "Too late to take it back" in client_of(sam).post(url, follow=True).content.decode()
    change.refresh_from_db()
    assert change.state == "applied"


def test_a_superseded_change_leads_to_the_later_one(waiting, client_of, sam):
    first = waiting(rtp_timeout=300, capacity_limit=7)
    second = waiting(rtp_timeout=200)
    page = client_of(sam).get(reverse("staff:change-detail", args=[first.pk])).content.decode()
    assert reverse("staff:change-detail", args=[second.pk]) in page
    assert "RTP timeout" in page


def test_who_may_not_delete_takes_no_deletion_back(client_of, sam, ada, pulled):
    change = propose(Trunk.objects.all()[0], {}, kind="delete", actor=actor_of(ada), origin="staff")
    submit(change, actor=actor_of(ada))
    assert client_of(sam).post(f"/staff/changes/{change.pk}/take-back/").status_code == 403
    change.refresh_from_db()
    assert change.state == "pending"


def test_what_upstream_did_by_itself_is_not_taken_back(client_of, sam, pulled, sandbox):
    sandbox.change_trunk(str(Trunk.objects.all()[0].pk), rtp_timeout=77)
    pull(pulled)
    drift = Change.objects.get(state="observed")
    url = reverse("staff:change-take-back", args=[drift.pk])
    assert "Too late to take it back" in client_of(sam).post(url, follow=True).content.decode()
