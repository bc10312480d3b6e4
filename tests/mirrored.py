"""The mirror that a real pull made, put back as rows: most tests need one, few look at its making.

The same upstream gives the same mirror; only its instants move along, so that it is as fresh as
when it was pulled.
"""

from copy import copy
from datetime import timedelta

from django.db import transaction
from django.db.models import DateTimeField, Model
from django.utils import timezone

from trunks.models import Account, Did, SyncRun, Tally, Trunk, UpstreamRequest
from trunks.models.trunk import TrunkNetwork, TrunkPrefix
from trunks.sandbox import Sandbox
from trunks.services.pulling import pull
from trunks.services.tallying import labels_of, labels_text

# In the order in which they refer to each other.
MODELS: tuple[type[Model], ...] = (
    SyncRun,
    UpstreamRequest,
    Tally,
    Did,
    Trunk,
    Trunk.dids.through,
    Trunk.emergency_dids.through,
    TrunkNetwork,
    TrunkPrefix,
)
ACCOUNTS_OWN = {"id", "name", "base_url", "api_key", "created_at", "next_request_at"}


class Mirror:
    def __init__(self, account: Account):
        self.at = timezone.now()
        self.account = Account.objects.get(pk=account.pk)
        self.rows = {model: list(model._base_manager.all()) for model in MODELS}

    def put_back(self, account: Account) -> None:
        since = timezone.now() - self.at
        ours = {"account_id": account.pk}
        with transaction.atomic():
            for model, rows in self.rows.items():
                again = [_again(row, since, ours) for row in rows]
                model._base_manager.bulk_create(again)
                if model is SyncRun:
                    ours["sync_id"] = again[0].pk
            seen = _again(self.account, since, {})
            fields = {f.name for f in Account._meta.concrete_fields} - ACCOUNTS_OWN
            Account.objects.filter(pk=account.pk).update(**{n: getattr(seen, n) for n in fields})


def _again(row: Model, since: timedelta, ours: dict[str, int]) -> Model:
    new = copy(row)
    new._state = copy(row._state)
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        if isinstance(field, DateTimeField) and value is not None:
            setattr(new, field.attname, value + since)
        elif field.attname in ours and value is not None:
            setattr(new, field.attname, ours[field.attname])
    if isinstance(new, Tally) and ours:
        labels = labels_of(new.labels)
        new.labels = labels_text({**labels, "account": str(ours["account_id"])})
    if row._meta.auto_field:
        new.pk = None
    new._state.adding = True
    return new


_mirrors: dict[str, Mirror] = {}


def mirror(account: Account, sandbox: Sandbox) -> None:
    """`account`, and no other, is there and empty; now it is pulled."""
    upstream = repr((sandbox.trunks(), sandbox.dids(), sandbox.settings()))
    is_known = upstream in _mirrors and not sandbox.faults()
    if is_known and Account.objects.count() == 1 and not Trunk.objects.exists():
        _mirrors[upstream].put_back(account)
        return
    run = pull(account)
    assert run.state == "done", run.error
    if Account.objects.count() == 1:
        _mirrors[upstream] = Mirror(account)
