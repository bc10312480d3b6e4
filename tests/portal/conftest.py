"""Acme's trunk, which lists a number of its own and one of Bolt's; and Bolt's trunk."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from trunks.domain.actor import SYSTEM
from trunks.models import Customer, Did, Trunk
from trunks.services.assigning import assign, assign_dids
from trunks.services.rails import set_rails

ROOMY = {"most_calls": 50, "widest_ipv4": 29, "destinations": ["ES", "NO"], "acts": ["create"]}


@pytest.fixture
def lent(pulled, acme, bolt) -> tuple[Trunk, Trunk]:
    acmes, bolts = _trunks()
    own, foreign = Did.objects.can_call_out().order_by("number")[:2]
    for one in (acmes, bolts):
        one.dids.clear()
        one.emergency_dids.clear()
    assign([acmes], acme, actor=SYSTEM)
    assign([bolts], bolt, actor=SYSTEM)
    assign_dids([own], acme, actor=SYSTEM)
    assign_dids([foreign], bolt, actor=SYSTEM)
    acmes.dids.set([own, foreign])
    return Trunk.objects.get(pk=acmes.pk), Trunk.objects.get(pk=bolts.pk)


@pytest.fixture
def trunk(lent) -> Trunk:
    """Acme's."""
    return lent[0]


@pytest.fixture
def bolts(lent) -> Trunk:
    return lent[1]


def _trunks() -> list[Trunk]:
    found = Trunk.objects.filter(auth_type="credentials_and_ip", status="active")
    plain = found.filter(allow_any_did_as_cli=False, emergency_enable_all=False)
    return list(plain.filter(capacity_limit__gt=10).order_by("pk")[:2])


@pytest.fixture
def roomy(acme: Customer) -> Customer:
    """Acme with rails that leave some room."""
    return set_rails(acme, own=ROOMY, actor=SYSTEM)


@pytest.fixture
def save() -> Callable[..., Any]:
    """Opens a trunk's form and sends it as a browser would, with these fields typed otherwise."""

    def send(client: Client, path: str, **typed: Any) -> Any:
        return client.post(path, {**sent_by(client, path), **typed})

    return send


def sent_by(client: Client, path: str) -> dict[str, Any]:
    """What a browser sends for the form as it was opened: disabled fields never."""
    editing = client.get(path).context["editing"]
    context = client.get(path).context
    typed: dict[str, Any] = {"seen": context["seen"], "auth_type": editing.method.chosen}
    for form in filter(None, (editing.form, editing.method.form)):
        for name, field in form.settings():
            shown = field.shown(form.seen.get(form.unit_of(name)))
            if not field.disabled and shown is not False:
                typed[form.add_prefix(name)] = "on" if shown is True else shown
    for name, picker in editing.pickers.items():
        typed[name] = list(picker.ids)
        typed[f"{name}-q"] = ""
    return typed
