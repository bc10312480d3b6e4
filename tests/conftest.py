"""The cast and the stage: Sam, Ada and Vera of staff, Alice and Ann of Acme, Bob of Bolt, a sandbox
upstream, an account on it."""

import os
from collections.abc import Callable, Iterator
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.test import Client
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from tests.mirrored import mirror
from trunks.domain.actor import SYSTEM
from trunks.domain.secrets import Secret
from trunks.models import Account, Customer, User
from trunks.sandbox import Sandbox
from trunks.services.accounts import add_account
from trunks.services.customers import add_customer
from trunks.services.members import add_member
from trunks.services.people import create_person
from trunks.services.staff import add_staff
from trunks.services.tokens import create_token

hypothesis_settings.register_profile(
    "quick",
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
hypothesis_settings.register_profile(
    "deep", parent=hypothesis_settings.get_profile("quick"), max_examples=2000
)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
    collect_ignore = ["test_restarted_database.py"]

PASSWORD = "correct horse battery staple"


@pytest.fixture(autouse=True)
def quick_upstream(settings):
    """The pace, the waits and the hashing of a test, not of production."""
    settings.UPSTREAM_REQUESTS_PER_SECOND = 5000.0
    settings.DELIVERY_RETRY_SECONDS = 15
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.DEBUG = True
    settings.WHITENOISE_AUTOREFRESH = settings.WHITENOISE_USE_FINDERS = True
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(scope="session")
def sandbox_server() -> Iterator[Sandbox]:
    with Sandbox(trunks=40, dids=120) as server:
        yield server


@pytest.fixture
def sandbox(sandbox_server: Sandbox) -> Sandbox:
    """An upstream with 40 trunks and 120 DIDs, as new for every test."""
    sandbox_server.reset(trunks=40, dids=120)
    sandbox_server.clear_requests()
    return sandbox_server


@pytest.fixture
def account(db, sandbox: Sandbox) -> Account:
    """An account on the sandbox, nothing pulled yet."""
    return add_account("Production", sandbox.url, Secret(sandbox.api_key), actor=SYSTEM)


@pytest.fixture
def pulled(account: Account, sandbox: Sandbox) -> Account:
    """The account with its mirror."""
    mirror(account, sandbox)
    account.refresh_from_db()
    sandbox.clear_requests()
    return account


@pytest.fixture
def roles(db) -> None:
    """The roles of staff, which the flush after a transactional test takes away."""
    if not Group.objects.exists():
        import_module("trunks.migrations.0002_staff_groups").make_groups(apps, None)


@pytest.fixture
def sam(roles) -> User:
    """Sam of staff, an agent."""
    return add_staff("sam@example.com", "agent", PASSWORD, name="Sam Okafor", actor=SYSTEM)


@pytest.fixture
def ada(roles) -> User:
    """Ada of staff, an admin."""
    return add_staff("ada@example.com", "admin", PASSWORD, name="Ada Lind", actor=SYSTEM)


@pytest.fixture
def vera(roles) -> User:
    """Vera of staff, who only looks."""
    return add_staff("vera@example.com", "viewer", PASSWORD, name="Vera Moss", actor=SYSTEM)


@pytest.fixture
def acme(db) -> Customer:
    return add_customer("Acme", actor=SYSTEM)


@pytest.fixture
def bolt(db) -> Customer:
    return add_customer("Bolt", actor=SYSTEM)


@pytest.fixture
def alice(acme: Customer) -> User:
    """Alice of Acme, an owner."""
    return _member("alice@acme.example", acme, "owner", "Alice Reyes")


@pytest.fixture
def ann(acme: Customer) -> User:
    """Ann of Acme, an operator."""
    return _member("ann@acme.example", acme, "operator", "Ann Dahl")


@pytest.fixture
def abe(acme: Customer) -> User:
    """Abe of Acme, who only looks."""
    return _member("abe@acme.example", acme, "viewer", "Abe Sato")


@pytest.fixture
def bob(bolt: Customer) -> User:
    """Bob of Bolt, an owner."""
    return _member("bob@bolt.example", bolt, "owner", "Bob Marsh")


@pytest.fixture
def nobody(db) -> User:
    """Eve, who has a login and belongs to nobody."""
    return create_person("eve@example.com", PASSWORD, name="Eve Lund")


def _member(email: str, customer: Customer, role: str, name: str) -> User:
    return add_member(email, customer, role, PASSWORD, name=name, actor=SYSTEM).user


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """A browser without a screen, signed in as this person."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


@pytest.fixture
def api(db) -> Callable[..., str]:
    """The text of a new staff token with these scopes."""

    def make(*scopes: str, **options: object) -> str:
        return create_token("program", scopes=scopes, actor=SYSTEM, **options)[1]  # type: ignore[arg-type]

    return make
