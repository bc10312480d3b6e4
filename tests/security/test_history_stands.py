"""History stands: nothing in the product alters or deletes what has happened."""

import ast
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.urls import reverse

from tests.test_access import STAFF_PAGES, of_a_customer, url_of
from trunks.access import actor_of
from trunks.admin import HIDDEN, ReadOnlyAdmin
from trunks.domain.actor import SYSTEM
from trunks.domain.patch import Put
from trunks.models import (
    AuditEntry,
    Batch,
    BatchRow,
    CallbackEvent,
    Change,
    Decision,
    IgnoredField,
    Notice,
    SyncRun,
    Trunk,
    UpstreamRequest,
)
from trunks.models.change import SETTLED
from trunks.models.clock import database_now
from trunks.models.fields import SealedField
from trunks.services.deciding import acknowledge
from trunks.services.delivering import deliver, drain, sweep
from trunks.services.history import restore
from trunks.services.proposing import propose
from trunks.services.pulling import pull
from trunks.services.refreshing import refresh
from trunks.services.submitting import discard, submit

HISTORY = (Change, Decision, AuditEntry, CallbackEvent, UpstreamRequest, SyncRun)
READ_ONLY = (*HISTORY, Batch, BatchRow, IgnoredField, Notice)
FACES = ("web", "api", "admin.py", "access.py", "templatetags")
WRITES = {
    "save",
    "delete",
    "create",
    "get_or_create",
    "update_or_create",
    "bulk_create",
    "bulk_update",
}


def settled() -> dict[Any, dict[str, Any]]:
    """Every settled change and every decision, column by column."""
    rows: list[Any] = [*Change.objects.filter(state__in=SETTLED).values()]
    return {row["id"]: row for row in [*rows, *Decision.objects.values()]}


class Ledger:
    """Holds what has happened against what is there later."""

    def __init__(self) -> None:
        self.rows: dict[Any, dict[str, Any]] = {}

    def check(self) -> None:
        found = settled()
        assert {key: found.get(key) for key in self.rows} == self.rows
        self.rows = found


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def trunk(pulled):
    return Trunk.objects.filter(auth_type="credentials_and_ip").order_by("pk")[0]


def done(trunk, patch, kind="update", **options):
    seen = Trunk.objects.get(pk=trunk.pk)
    change = propose(seen, patch, kind=kind, actor=SYSTEM, origin="staff", **options)
    return deliver(submit(change, actor=SYSTEM))


def test_what_was_settled_stays_as_it_was_whatever_happens_after(trunk, sandbox, ledger, sam):
    first = database_now()
    moments = []
    for act in (
        lambda: done(trunk, {"rtp_timeout": Put(88)}),
        lambda: sandbox.change_trunk(str(trunk.pk), rtp_timeout=99),
        lambda: done(trunk, {"rtp_timeout": Put(77)}, base={"rtp_timeout": 30}),
        lambda: done(trunk, {"name": Put(Trunk.objects.exclude(pk=trunk.pk)[0].name)}),
        lambda: acknowledge([Change.objects.drift().latest("pk").pk], actor=actor_of(sam)),
        lambda: sandbox.fault("drop_after", method="PATCH", times=1),
        lambda: done(trunk, {"capacity_limit": Put(7)}),
        lambda: refresh(Trunk.objects.get(pk=trunk.pk)),
        lambda: discard(
            propose(trunk, {"capacity_limit": Put(9)}, actor=SYSTEM, origin="staff"), actor=SYSTEM
        ),
        lambda: done(trunk, {}, kind="regenerate"),
        lambda: deliver(submit(restore(fresh(trunk), first, actor=SYSTEM), actor=SYSTEM)),
        sweep,
        drain,
        lambda: sandbox.delete_trunk(str(trunk.pk)),
        lambda: pull(trunk.account),
    ):
        act()
        ledger.check()
        moments.append(len(ledger.rows))
    states = set(Change.objects.values_list("state", flat=True))
    assert {"applied", "conflicted", "refused", "cancelled", "observed"} <= states
    assert moments == sorted(moments)


def fresh(trunk):
    return Trunk.objects.get(pk=trunk.pk)


@pytest.fixture
def world(trunk, sandbox, sam, ann) -> dict[str, Any]:
    """One settled row of everything."""
    change = done(trunk, {"rtp_timeout": Put(88)})
    sandbox.change_trunk(str(trunk.pk), capacity_limit=5)
    refresh(fresh(trunk))
    acknowledge([Change.objects.drift()[0].pk], actor=actor_of(sam))
    now, decision = database_now(), Decision.objects.get()
    batch = Batch.objects.create(kind="edit", state="finished", created_at=now)
    BatchRow.objects.create(batch=batch, number=1, action="unchanged")
    CallbackEvent.objects.create(
        account=trunk.account, trunk_id=trunk.pk, created_at="x", received_at=now
    )
    field = IgnoredField.objects.create(trunk=trunk, unit="name", decision=decision)
    notice = Notice.objects.create(kind="blocked", title="Blocked", at=now)
    return {
        **of_a_customer(ann),
        "approval": change.pk,
        "trunk": trunk.pk,
        "change": change.pk,
        "account": trunk.account_id,
        "batch": batch.pk,
        "field": field.pk,
        "notice": notice.pk,
    }


@pytest.fixture
def root(client_of, ada):
    ada.is_superuser = True
    ada.save()
    return client_of(ada)


def test_no_page_of_staff_alters_what_has_happened(world, root, ledger):
    ledger.check()
    typed = {"reason": "Rewritten", "state": "applied", "actor_label": "Nobody", "choice": "mine"}
    typed |= {"change": str(world["change"]), "diff": "[]", "kind": "update", "at": "2020-01-01"}
    for name in STAFF_PAGES:
        for ask in (root.get, root.post):
            ask(url_of(name, world), typed)
        ledger.check()


def test_no_program_alters_what_has_happened(world, api, client, ledger):
    ledger.check()
    key, change = api("read", "write"), f"/api/v3/changes/{world['change']}"
    document = {"data": {"type": "changes", "id": str(world["change"]), "attributes": {"diff": []}}}
    for path in (change, f"{change}/relationships/voice_out_trunk", "/api/v3/changes"):
        for verb in (client.post, client.put, client.patch, client.delete):
            sent = {"data": document, "content_type": "application/vnd.api+json"}
            assert verb(path, headers={"Api-Key": key}, **sent).status_code == 405
    ledger.check()


@pytest.mark.parametrize("model", READ_ONLY, ids=lambda model: model._meta.model_name)
def test_the_admin_shows_it_and_changes_nothing(world, root, model):
    site, name = admin.site._registry[model], model._meta.model_name
    row, before = model.objects.first(), list(model.objects.order_by("pk").values())
    assert isinstance(site, ReadOnlyAdmin)
    assert root.get(reverse(f"admin:trunks_{name}_changelist")).status_code == 200
    assert root.post(reverse(f"admin:trunks_{name}_add"), {}).status_code == 403
    everything = {"action": "delete_selected", "post": "yes", "select_across": 1}
    root.post(reverse(f"admin:trunks_{name}_changelist"), everything)
    if row is not None:
        page = root.get(reverse(f"admin:trunks_{name}_change", args=[row.pk]))
        assert page.status_code == 200
        assert b'name="_save"' not in page.content
        for path in ("change", "delete"):
            url = reverse(f"admin:trunks_{name}_{path}", args=[row.pk])
            assert root.post(url, {"post": "yes"}).status_code == 403
    assert list(model.objects.order_by("pk").values()) == before


def test_every_model_with_a_digest_or_a_seal_hides_it_in_the_admin():
    for model, site in admin.site._registry.items():
        if not isinstance(site, ReadOnlyAdmin):
            continue
        secret = {f.name for f in model._meta.get_fields() if isinstance(f, SealedField)}
        digests = HIDDEN & {f.name for f in model._meta.get_fields()}
        assert secret | digests <= set(site.get_exclude(None))  # type: ignore[arg-type]


def test_every_table_of_what_happened_can_be_read_in_the_admin():
    ours = set(apps.get_app_config("trunks").get_models())
    inner = {"Heartbeat", "Tally", "TrunkNetwork", "TrunkPrefix"}
    hidden = {m.__name__ for m in ours - set(admin.site._registry) if not m._meta.auto_created}
    assert hidden <= inner


def test_no_deletion_takes_history_along():
    """Nothing that a row of history points at can go while it is there."""
    for model in (Change, Decision, CallbackEvent, BatchRow):
        for field in model._meta.get_fields():
            remote = getattr(field, "remote_field", None)
            if field.concrete and remote is not None and field.name != "batch":
                assert remote.on_delete.__name__ == "PROTECT", f"{model.__name__}.{field.name}"


def calls(path: Path) -> list[tuple[int, str, ast.Call]]:
    tree = ast.parse(path.read_text())
    return [
        (node.lineno, node.func.attr, node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]


def test_no_view_or_serializer_writes_a_row_by_itself():
    """Faces call verbs: who writes is in services. (`update` with names is a queryset's.)"""
    root = Path(settings.BASE_DIR) / "trunks"
    paths = [p for face in FACES for p in ([root / face, *(root / face).rglob("*.py")])]
    found = [
        f"{path.relative_to(root)}:{line} {name}"
        for path in paths
        if path.suffix == ".py"
        for line, name, call in calls(path)
        if name in WRITES or (name == "update" and call.keywords)
    ]
    assert found == []
