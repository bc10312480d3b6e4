"""What staff read of changes that nothing is tried for by itself, and where each page leads on."""

import re
from typing import Any

import pytest
from django.test import Client

from trunks.domain.actor import SYSTEM
from trunks.domain.patch import Patch, Put
from trunks.models import Account, Batch, Change, Trunk, UpstreamRequest
from trunks.models.clock import database_now
from trunks.services.batches import apply_batch
from trunks.services.bulk_edits import plan_edit
from trunks.services.delivering import drain
from trunks.services.proposing import propose
from trunks.services.pulling import pull
from trunks.services.submitting import submit

MORE_CALLS: Patch = {"capacity_limit": Put(31000)}


@pytest.fixture
def sams(pulled, sam, client_of) -> Client:
    return client_of(sam)


@pytest.fixture
def trunk(pulled) -> Trunk:
    found = Trunk.objects.with_linkage().filter(auth_type="credentials_and_ip", status="active")
    return found.order_by("name")[0]


def waiting(trunk: Trunk, **fields: Any) -> Change:
    change = submit(propose(trunk, MORE_CALLS, actor=SYSTEM, origin="staff"), actor=SYSTEM)
    Change.objects.filter(pk=change.pk).update(**fields)
    return Change.objects.get(pk=change.pk)


def read(client: Client, path: str) -> str:
    html = client.get(path).content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_a_change_held_back_says_why_everywhere_and_leads_to_the_decision(sams, trunk):
    now = database_now()
    sent = {"state": "delivering", "sent_at": now, "held_at": now}
    change = waiting(trunk, hold_reason="restored from a back-up", **sent)
    page = read(sams, f"/staff/changes/{change.pk}/")
    assert "Held back. Restored from a back-up." in page
    assert "It is looked for upstream" not in page
    assert "Held back" in read(sams, "/staff/changes/")
    assert "held back" in read(sams, "/staff/trunks/")
    html = sams.get(f"/staff/trunks/{trunk.pk}/").content.decode()
    assert "A change is held back:" in html
    assert 'href="/staff/inbox/?kind=held"' in html


def test_a_change_in_doubt_is_called_so_and_not_merely_unknown(sams, trunk):
    now = database_now()
    change = waiting(trunk, state="delivering", sent_at=now, quarantined_at=now)
    for path in (f"/staff/changes/{change.pk}/", "/staff/changes/"):
        assert "In doubt" in read(sams, path)
    html = sams.get(f"/staff/trunks/{trunk.pk}/").content.decode()
    assert f'href="/staff/changes/{change.pk}/doubt/"' in html


def test_no_next_try_is_promised_while_the_account_is_paused(sams, trunk, pulled):
    change = waiting(trunk)
    assert "Next try" in read(sams, f"/staff/changes/{change.pk}/")
    Account.objects.filter(pk=pulled.pk).update(
        pause="trouble", pause_reason="upstream refuses the key", paused_at=database_now()
    )
    page = read(sams, f"/staff/changes/{change.pk}/")
    assert "it is sent once the account goes on" in page
    for path in (f"/staff/changes/{change.pk}/", f"/staff/trunks/{trunk.pk}/"):
        assert "Next try" not in read(sams, path)


def test_no_next_try_is_promised_while_its_batch_is_paused(sams, trunk):
    batch = apply_batch(plan_edit([trunk], MORE_CALLS, actor=SYSTEM), actor=SYSTEM)
    Batch.objects.filter(pk=batch.pk).update(state="paused")
    page = read(sams, f"/staff/changes/{batch.changes.get().pk}/")
    assert "Its batch is paused" in page
    assert "Next try" not in page


def test_a_batch_leads_from_a_conflict_to_its_decision_until_it_is_decided(
    sams, trunk, pulled, sandbox
):
    batch = apply_batch(plan_edit([trunk], MORE_CALLS, actor=SYSTEM), actor=SYSTEM)
    sandbox.change_trunk(str(trunk.pk), capacity_limit=31500)
    drain(pulled)
    change = batch.changes.get()
    assert change.state == "conflicted"
    link = f'href="/staff/changes/{change.pk}/conflict/"'
    html = sams.get(f"/staff/batches/{batch.pk}/").content.decode()
    assert "upstream has 31,500" in html
    assert link in html
    sams.post(f"/staff/changes/{change.pk}/leave/")
    assert link not in sams.get(f"/staff/batches/{batch.pk}/").content.decode()


def test_a_request_leads_to_the_trunk_it_named_where_it_is_known(sams, trunk, pulled):
    unknown = "00000000-0000-4000-8000-000000000000"
    for id_ in (trunk.pk, unknown):
        UpstreamRequest.objects.create(
            account=pulled,
            at=database_now(),
            method="GET",
            path=f"/voice_out_trunks/{id_}?include=dids",
            status=200,
            milliseconds=4,
        )
    html = sams.get(f"/staff/accounts/{pulled.pk}/requests/").content.decode()
    assert f'href="/staff/trunks/{trunk.pk}/"' in html
    assert f'href="/staff/trunks/{unknown}/"' not in html


def test_a_gone_trunk_is_not_said_to_be_ready_for_emergencies(sams, pulled, sandbox):
    ready = Trunk.objects.filter(emergency_enable_all=True) | Trunk.objects.exclude(
        emergency_dids=None
    )
    trunk = ready.distinct().order_by("name")[0]
    sandbox.delete_trunk(str(trunk.pk))
    pull(pulled)
    page = read(sams, f"/staff/trunks/{trunk.pk}/")
    assert "no emergency call passes it" in page
    assert "Emergency Ready" not in page
