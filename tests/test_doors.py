"""What monitors ask, where `/` leads, and what the browser is told."""

import subprocess
import sys
from datetime import timedelta

import pytest

from trunks.models import Heartbeat
from trunks.models.clock import database_now
from trunks.services.heartbeats import forget_predecessors
from trunks.services.leases import OWNER
from trunks.web.sign_in import AccountAdapter
from trunks.web.staff.workers import worker_is_alive

pytestmark = pytest.mark.django_db


def test_healthz_answers_without_the_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/healthz").content == b"ok\n"


def test_readyz_knows_whether_a_worker_lives(client):
    assert client.get("/readyz").json() == {
        "database": "ok",
        "migrations": "ok",
        "worker": "none running",
    }
    assert client.get("/readyz").status_code == 503
    beat = Heartbeat.objects.create(name="w", at=database_now())
    assert client.get("/readyz").status_code == 200
    beat.at = database_now() - timedelta(hours=1)
    beat.save()
    assert client.get("/readyz").status_code == 503


def beats(**ages: int) -> None:
    """Workers by name, and how many seconds ago each was heard."""
    for name, seconds in ages.items():
        Heartbeat.objects.create(name=name, at=database_now() - timedelta(seconds=seconds))


def test_readyz_names_a_dead_worker_also_while_another_lives(client):
    beats(alive=1, dead=400, gone=900)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    dead, gone = answer.json()["worker"].split("; ")
    assert dead.startswith("dead silent for 40")
    assert gone.startswith("gone silent for 90")


def test_readyz_tells_no_stranger_the_names_of_machines(client):
    beats(db7_internal=400)
    said = client.get("/readyz", headers={"x-forwarded-for": "198.51.100.7"}).json()["worker"]
    assert said.startswith("silent for 40")
    said = client.get("/readyz", REMOTE_ADDR="198.51.100.7").json()["worker"]
    assert "db7" not in said


def test_how_long_a_worker_may_be_silent_is_said_once(client, settings):
    """By what the pages and the probe both ask."""
    beats(w=100)
    settings.LEASE_SECONDS = 45
    assert (client.get("/readyz").status_code, worker_is_alive()) == (503, False)
    settings.LEASE_SECONDS = 60  # it renews its lease less often
    assert (client.get("/readyz").status_code, worker_is_alive()) == (200, True)


def test_a_worker_that_starts_takes_the_place_of_the_dead_ones_of_its_machine():
    host, own, _ = OWNER.rsplit(":", 2)
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    beats(**{f"{host}:{dead.pid}:aaaaaa": 400, f"{host}:{own}:bbbbbb": 5, f"{host}:1:cccccc": 400})
    beats(**{f"elsewhere:{dead.pid}:dddddd": 400, f"{host}:odd": 400, OWNER: 0})
    assert forget_predecessors() == 2
    left = set(Heartbeat.objects.values_list("name", flat=True))
    assert left == {f"{host}:1:cccccc", f"elsewhere:{dead.pid}:dddddd", f"{host}:odd", OWNER}


def test_the_front_door_leads_home(client, sam):
    assert client.get("/").headers["Location"].startswith("/accounts/login/")
    client.force_login(sam, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/").headers["Location"] == "/staff/"


def test_sam_signs_in_with_e_mail_and_password(client, sam):
    answer = client.post(
        "/accounts/login/",
        {"login": "SAM@example.com", "password": "correct horse battery staple"},
    )
    assert answer.status_code == 302
    assert client.get("/staff/").status_code == 200


def test_nobody_signs_themselves_up(client):
    client.post(
        "/accounts/signup/",
        {"email": "bob@bolt.example", "password1": "long enough 42", "password2": "long enough 42"},
    )
    assert client.get("/").headers["Location"].startswith("/accounts/login/")


def test_guessing_passwords_is_slowed_down(client, sam, settings):
    from django.core.cache import cache

    cache.clear()
    settings.ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "5/m/ip,5/m/key"}
    for _ in range(6):
        client.post("/accounts/login/", {"login": "sam@example.com", "password": "wrong"})
    answer = client.post(
        "/accounts/login/",
        {"login": "sam@example.com", "password": "correct horse battery staple"},
    )
    assert answer.status_code != 302
    cache.clear()


def test_pages_carry_the_strict_policy(client):
    headers = client.get("/accounts/login/").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"


def test_the_admin_signs_in_through_the_same_door(client, sam):
    assert "/accounts/login/" in client.get("/admin/login/").headers["Location"]


def test_the_admin_shows_no_secret_and_changes_nothing(client, pulled, sandbox, django_user_model):
    root = django_user_model.objects.create_superuser("root@example.com", "long enough 42")
    client.force_login(root, backend="django.contrib.auth.backends.ModelBackend")
    trunk = pulled.trunks.filter(auth_type="credentials_and_ip").first()
    page = client.get(f"/admin/trunks/trunk/{trunk.pk}/change/").content.decode()
    theirs = sandbox.trunk(str(trunk.pk))["attributes"]["authentication_method"]["attributes"]
    assert trunk.name in page
    assert theirs["password"] not in page
    assert "gAAAA" not in page
    assert client.post(f"/admin/trunks/trunk/{trunk.pk}/change/", {"name": "x"}).status_code == 403
    account = client.get(f"/admin/trunks/account/{pulled.pk}/change/").content.decode()
    assert sandbox.api_key not in account
    assert "gAAAA" not in account


def test_behind_the_proxy_tries_are_counted_by_the_address_it_added(rf, settings):
    request = rf.get("/", headers={"x-forwarded-for": "6.6.6.6, 198.51.100.7"})
    assert AccountAdapter(request).get_client_ip(request) == "127.0.0.1"
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert AccountAdapter(request).get_client_ip(request) == "198.51.100.7"
