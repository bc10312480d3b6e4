"""A thousand trunks in one plan, ten thousand lines in one sheet: seconds, and few queries."""

import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from trunks.access import actor_of
from trunks.domain.actor import SYSTEM
from trunks.domain.patch import Edit, Patch, Put
from trunks.domain.units import SIP_IPS
from trunks.models import Account, Batch, Change, Trunk
from trunks.sandbox import Sandbox
from trunks.services.batches import apply_batch
from trunks.services.bulk_edits import plan_edit
from trunks.services.delivering import drain
from trunks.services.exporting import export_trunks
from trunks.services.importing import plan_import
from trunks.services.pulling import pull
from trunks.services.undoing import plan_undo

pytestmark = pytest.mark.deep
PATCH: Patch = {"capacity_limit": Put(33), SIP_IPS: Edit(add=("203.0.113.77/32",))}


@pytest.fixture
def thousand(account: Account, sandbox: Sandbox):
    sandbox.reset(trunks=1_000, dids=2_000)
    assert pull(account).state == "done"
    yield account
    sandbox.reset(trunks=40, dids=120)


def settings_of(sandbox: Sandbox) -> dict[str, object]:
    """All of it; numbers have no order, and a list that a flag manages is upstream's own."""
    found: dict[str, object] = {}
    for trunk in sandbox.trunks():
        ours = not trunk["attributes"]["emergency_enable_all"]
        lists = {name: set(trunk[name] or ()) for name in ("dids", "emergency_dids")}
        found[trunk["id"]] = {**trunk, **lists, "emergency_dids": ours and lists["emergency_dids"]}
    return found


def applied(batch: Batch, actor) -> None:
    apply_batch(batch, actor=actor)
    while drain():
        pass
    batch.refresh_from_db()


def test_a_thousand_are_planned_in_seconds_done_and_taken_back_exactly(thousand, sandbox, ada):
    actor, before = actor_of(ada), settings_of(sandbox)
    trunks = Trunk.objects.with_linkage().present().order_by("name", "pk")
    begun = time.monotonic()
    with CaptureQueriesContext(connection) as context:
        batch = plan_edit(trunks, PATCH, actor=actor)
    took = time.monotonic() - begun
    reads = [query for query in context if query["sql"].startswith("SELECT")]
    print(f"\nplan of 1,000: {took:.1f} s, {len(reads)} reads, {len(context)} queries")
    assert took < 15
    assert len(reads) <= 3 * 10 + 5
    assert batch.rows.count() == 1_000
    begun = time.monotonic()
    applied(batch, actor)
    print(f"applied in {time.monotonic() - begun:.0f} s")
    assert batch.state == "finished"
    refused = batch.rows.filter(action="error").count()
    assert batch.changes.filter(state="applied").count() == batch.changes.count()
    assert refused == Trunk.objects.filter(auth_type="ip_only").count()
    undo = plan_undo(batch, actor=actor)
    assert undo.changes.count() == batch.changes.count()
    applied(undo, actor)
    assert settings_of(sandbox) == before


def test_the_page_of_a_thousand_rows_is_quick(thousand, ada, client_of):
    trunks = Trunk.objects.with_linkage().present()
    batch = plan_edit(trunks, PATCH, actor=actor_of(ada))
    browser = client_of(ada)
    browser.get(f"/staff/batches/{batch.pk}/")
    begun = time.monotonic()
    response = browser.get(f"/staff/batches/{batch.pk}/?page=9")
    took = time.monotonic() - begun
    print(f"\npage of 50 rows of 1,000: {took:.2f} s, {len(response.content):,} bytes")
    assert took < 2
    assert len(response.content) < 200_000


def test_a_sheet_of_ten_thousand_lines_is_read_in_time(account, sandbox, ada):
    sandbox.reset(trunks=10_000, dids=12_000)
    assert pull(account).state == "done"
    trunks = Trunk.objects.present().order_by("name", "pk")
    begun = time.monotonic()
    content = "".join(export_trunks(trunks, "csv", actor=SYSTEM, selection="all")).encode()
    exported = time.monotonic() - begun
    begun = time.monotonic()
    batch = plan_import(content, actor=actor_of(ada))
    took = time.monotonic() - begun
    print(f"\n10,000 lines: exported in {exported:.1f} s, read in {took:.1f} s, {len(content):,} B")
    assert set(batch.rows.values_list("action", flat=True)) == {"unchanged"}
    assert not Change.objects.exists()
    begun = time.monotonic()
    changed = content.replace(b",active,", b",blocked,")
    batch = plan_import(changed, actor=actor_of(ada))
    print(f"changed: {time.monotonic() - begun:.1f} s, {batch.changes.count():,} changes")
    sandbox.reset(trunks=40, dids=120)
