"""Secrets are opened in one place, on record, and survive a change of keys."""

import pytest
from cryptography.fernet import Fernet
from django.db import IntegrityError, transaction

from trunks.access import actor_of
from trunks.domain.actor import SYSTEM
from trunks.domain.problems import Invalid
from trunks.domain.secrets import Unreadable
from trunks.models import Account, AuditEntry, Trunk
from trunks.services.accounts import client_for
from trunks.services.errors import Denied
from trunks.services.secrets import (
    open_methods,
    reseal_secrets,
    reveal_password,
    same_credentials,
)


@pytest.fixture
def trunk(pulled) -> Trunk:
    return Trunk.objects.filter(auth_type="credentials_and_ip").order_by("pk")[0]


def password_of(sandbox, trunk: Trunk) -> str:
    return sandbox.trunk(str(trunk.pk))["attributes"]["authentication_method"]["attributes"][
        "password"
    ]


def test_a_revealed_password_is_upstreams_and_leaves_an_entry(trunk, sandbox, sam):
    clear = reveal_password(trunk, actor=actor_of(sam), reason="PBX migration")
    assert clear == password_of(sandbox, trunk)
    entry = AuditEntry.objects.get(act="password_revealed")
    assert (entry.actor_label, entry.subject_id) == ("Sam Okafor", str(trunk.pk))
    assert entry.reason == "PBX migration"


def test_a_reveal_needs_a_reason_and_a_right(trunk, sam, vera):
    with pytest.raises(Invalid):
        reveal_password(trunk, actor=actor_of(sam), reason=" ")
    with pytest.raises(Denied):
        reveal_password(trunk, actor=actor_of(vera), reason="curious")
    assert not AuditEntry.objects.filter(act="password_revealed").exists()


def test_many_are_opened_with_one_entry_that_names_them(pulled, ada):
    trunks = list(Trunk.objects.all()[:10])
    opened = open_methods(trunks, actor=actor_of(ada))
    assert len(opened) == 10
    [entry] = AuditEntry.objects.filter(act="credentials_read")
    holding = {str(t.pk) for t in trunks if t.auth_password is not None}
    assert set(entry.detail["trunks"]) == holding


def test_credentials_sent_back_are_told_by_fingerprint(trunk, sandbox):
    password = password_of(sandbox, trunk)
    assert same_credentials(trunk, trunk.auth_username, password)
    assert same_credentials(trunk, None, password)
    assert same_credentials(trunk, None, None)
    assert not same_credentials(trunk, trunk.auth_username, "another")
    assert not same_credentials(trunk, "another", None)


def test_secrets_are_resealed_and_the_old_key_can_go(trunk, sandbox, settings, pulled):
    old, new = settings.SEALING_KEYS[0], Fernet.generate_key().decode()
    settings.SEALING_KEYS = [new, old]
    assert reseal_secrets() > 10
    settings.SEALING_KEYS = [new]
    trunk.refresh_from_db()
    assert reveal_password(trunk, actor=SYSTEM, reason="check") == password_of(sandbox, trunk)
    client_for(Account.objects.get()).close()


def test_without_its_key_a_secret_is_unreadable_not_wrong(trunk, settings):
    settings.SEALING_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(Unreadable):
        reveal_password(trunk, actor=SYSTEM, reason="check")


def test_a_sealed_column_takes_no_plain_text(trunk):
    trunk.auth_password = "plain"
    with pytest.raises(TypeError):
        trunk.save()


def test_a_tombstone_cannot_hold_a_password(trunk):
    with pytest.raises(IntegrityError), transaction.atomic():
        Trunk.objects.filter(pk=trunk.pk).update(gone_at=trunk.read_at)


def test_nothing_prints_a_secret(trunk, pulled):
    shown = f"{trunk!r} {trunk.auth_password!r} {trunk.authentication_method!r} {pulled.api_key}"
    assert "sandbox-key" not in shown
    assert "gAAAA" not in shown


def test_an_owner_sees_the_password_of_their_own_trunk_alone(trunk, sandbox, alice, ann, bob):
    Trunk.objects.filter(pk=trunk.pk).update(customer=alice.membership.customer)
    trunk.refresh_from_db()
    assert reveal_password(trunk, actor=actor_of(alice), reason="") == password_of(sandbox, trunk)
    entry = AuditEntry.objects.get(act="password_revealed")
    assert (entry.actor_label, entry.customer_label) == ("Alice Reyes", "Acme")
    for person in (ann, bob):
        with pytest.raises(Denied):
            reveal_password(trunk, actor=actor_of(person), reason="curious")
