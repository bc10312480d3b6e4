"""The commands that scripts and operators call: names, output, exit status."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from trunks import access
from trunks.models import Account, Customer, Did, Trunk, User
from trunks.services.tokens import find_token

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("roles")]


def run(name: str, *args: str, **options: object) -> str:
    out = StringIO()
    call_command(name, *args, stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def key_file(tmp_path, sandbox):
    path = tmp_path / "key"
    path.write_text(sandbox.api_key + "\n")
    return str(path)


def test_add_account_prints_its_id_and_seals_the_key(sandbox, key_file):
    printed = run(
        "add_account", "Production", "--base-url", sandbox.url, "--api-key-file", key_file
    )
    assert Account.objects.get().pk == int(printed)


def test_add_account_reads_the_key_from_the_environment(sandbox, monkeypatch):
    with pytest.raises(CommandError, match="UPSTREAM_API_KEY"):
        run("add_account", "Production", "--base-url", sandbox.url)
    monkeypatch.setenv("UPSTREAM_API_KEY", sandbox.api_key)
    run("add_account", "Production", "--base-url", sandbox.url)
    assert Account.objects.count() == 1


def test_add_account_refuses_a_host_that_is_not_allowed(key_file):
    with pytest.raises(CommandError, match="UPSTREAM_ALLOWED_HOSTS"):
        run("add_account", "X", "--base-url", "https://evil.example/v3", "--api-key-file", key_file)


def test_pull_says_what_changed(account):
    assert "40 seen, 40 created" in run("pull")
    summary = json.loads(run("pull", "--json"))
    assert summary["account"] == "Production"
    assert summary["state"] == "done"
    assert (summary["seen"], summary["created"], summary["error"]) == (40, 0, None)
    assert set(summary) == {
        "account",
        "state",
        "seen",
        "created",
        "updated",
        "drifted",
        "missing",
        "seconds",
        "error",
        "set_aside",
    }


def test_pull_exits_with_1_when_an_account_failed(account, sandbox):
    sandbox.settings(api_key="changed")
    with pytest.raises(SystemExit) as stopped:
        run("pull", "--json")
    assert stopped.value.code == 1


def test_pull_names_the_accounts_there_are(account):
    with pytest.raises(CommandError, match="Production"):
        run("pull", "--account", "Nowhere")


def test_deliver_counts_by_state(pulled):
    assert json.loads(run("deliver", "--json")) == {}


def test_set_account_key_changes_it_only_for_one_that_sees_the_trunks(pulled, sandbox, tmp_path):
    wrong = tmp_path / "wrong"
    wrong.write_text("wrong-key")
    with pytest.raises(CommandError, match="not changed"):
        run("set_account_key", "Production", "--api-key-file", str(wrong))
    sandbox.settings(api_key="rotated-key")
    right = tmp_path / "right"
    right.write_text("rotated-key")
    assert "changed" in run("set_account_key", "Production", "--api-key-file", str(right))
    assert "0 drifted" in run("pull")


def test_add_staff_gives_the_role(tmp_path):
    path = tmp_path / "password"
    path.write_text("a long enough passphrase")
    run("add_staff", "Sam@Example.com", "--role", "agent", "--password-file", str(path))
    sam = User.objects.get(email="sam@example.com")
    assert sam.is_staff
    assert sam.check_password("a long enough passphrase")
    assert sam.has_perm("trunks.change_trunk")
    assert not sam.has_perm("trunks.delete_trunk")
    with pytest.raises(CommandError, match="taken"):
        run("add_staff", "sam@example.com", "--role", "agent", "--password-file", str(path))


def test_create_token_prints_it_once(account):
    text = run("create_token", "billing", "--staff", "--scope", "write", "--account", "Production")
    token = find_token(text.strip())
    assert token is not None
    assert (token.scopes, token.account) == (["write"], account)


def test_a_revoked_token_is_refused_at_once():
    text = run("create_token", "billing", "--staff").strip()
    with pytest.raises(CommandError, match="not known"):
        run("revoke_token", "nosuchkeyid0")
    assert "revoked billing" in run("revoke_token", text.split("_")[1])
    assert find_token(text) is None


def test_reseal_secrets_counts(pulled):
    assert "secrets sealed anew" in run("reseal_secrets")


def test_seed_demo_leaves_a_real_database_alone(account):
    Account.objects.update(name="The real one")
    with pytest.raises(CommandError, match="left alone"):
        run("seed_demo")
    assert not Trunk.objects.exists()


def test_seed_demo_tells_a_story_and_can_run_again(sandbox):
    sandbox.reset(trunks=312, dids=300)
    for _ in range(2):
        run("seed_demo", base_url=sandbox.url)
    assert Trunk.objects.filter(customer__isnull=False).count() > 250
    assert Trunk.objects.drifted().exists()
    assert Trunk.objects.near_limit().exists()
    assert User.objects.filter(is_staff=True).count() == 3
    alice = User.objects.get(email="alice@amberlight.example")
    assert access.trunks_for(alice).exists()
    sandbox.reset(trunks=40, dids=120)


def password_file(tmp_path) -> str:
    path = tmp_path / "password"
    path.write_text("a long enough passphrase")
    return str(path)


def test_customers_and_their_members_are_added(tmp_path, account):
    run("add_customer", "Acme", "--account", "Production", "--name-prefix", "acme-")
    acme = Customer.objects.get()
    assert (acme.name, acme.account, acme.name_prefix) == ("Acme", account, "acme-")
    with pytest.raises(CommandError, match="taken"):
        run("add_customer", "Acme")
    options = ("--role", "owner", "--password-file", password_file(tmp_path))
    run("add_member", "Alice@Acme.example", "--customer", "Acme", *options)
    alice = User.objects.get(email="alice@acme.example")
    assert (alice.membership.customer, alice.membership.role) == (acme, "owner")
    assert not alice.is_staff
    assert alice.check_password("a long enough passphrase")
    with pytest.raises(CommandError, match="taken"):
        run("add_member", "alice@acme.example", "--customer", "Acme", *options)
    with pytest.raises(CommandError, match="no customer 'Bolt'"):
        run("add_member", "bob@bolt.example", "--customer", "Bolt", *options)


def test_trunks_are_assigned_and_taken_back(pulled, acme, bolt):
    trunk = Trunk.objects.filter(auth_type="credentials_and_ip", allow_any_did_as_cli=False)[0]
    trunk.dids.set(Did.objects.all()[:1])
    number = str(trunk.dids.get())
    assert f"{number}: come along" in run(
        "assign", str(trunk.pk), "--customer", "Acme", "--dry-run"
    )
    assert Trunk.objects.get(pk=trunk.pk).customer is None
    assert "1 trunks moved" in run("assign", str(trunk.pk), "--customer", "Acme")
    assert Did.objects.get(customer=acme) == trunk.dids.get()
    with pytest.raises(CommandError, match="another customer knows"):
        run("assign", str(trunk.pk), "--customer", "Bolt")
    again = ("--credentials", "new", "--reason", "Sold")
    assert "1 wait for new credentials" in run(
        "assign", str(trunk.pk), "--customer", "Bolt", *again
    )
    assert json.loads(run("deliver", "--json")) == {"applied": 1}
    run("assign", str(trunk.pk), "--none")
    assert not Trunk.objects.exclude(customer=None).exists()
    with pytest.raises(CommandError, match="no such trunks"):
        run("assign", "0ddba11e-0000-4000-8000-000000000000", "--none")


def test_a_customers_token_is_the_customers(acme):
    text = run("create_token", "PBX", "--customer", "Acme", "--scope", "write").strip()
    token = find_token(text)
    assert token is not None
    assert token.customer == acme
    for whose in ((), ("--staff", "--customer", "Acme")):
        with pytest.raises(CommandError):
            run("create_token", "PBX", *whose)
    with pytest.raises(CommandError, match="no customer"):
        run("create_token", "PBX", "--customer", "Nobody")
