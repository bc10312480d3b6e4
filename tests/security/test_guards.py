"""What is served to others runs as production; production is reached over TLS."""

import pytest

from tests.test_settings import SAFE, start


@pytest.mark.parametrize("url", ["http://admin.example.com", "ftp://admin.example.com", "admin"])
def test_production_is_reached_over_tls_or_refuses_to_start(tmp_path, url):
    refused = start(tmp_path, **{**SAFE, "PUBLIC_URL": url})
    assert refused.returncode != 0
    assert "PUBLIC_URL" in refused.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost", "http://[::1]:80"])
def test_on_this_machine_alone_it_may_be_plain(tmp_path, url):
    assert start(tmp_path, **{**SAFE, "PUBLIC_URL": url}).returncode == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALLOWED_HOSTS", "admin.example.com"),
        ("ALLOWED_HOSTS", "127.0.0.1,*"),
        ("ALLOWED_HOSTS", ".example.com"),
        ("PUBLIC_URL", "https://admin.example.com"),
    ],
)
def test_public_secrets_serve_this_machine_only(tmp_path, name, value):
    """`DEBUG` forgotten on a server must not mean a signing key that everybody can read."""
    refused = start(tmp_path, **{name: value})
    assert refused.returncode != 0
    last = refused.stderr.strip().splitlines()[-1]
    assert name in last
    assert "DEBUG=false" in last


def test_development_may_name_this_machine(tmp_path):
    names = "127.0.0.1,localhost,[::1],app.localhost"
    assert start(tmp_path, ALLOWED_HOSTS=names, PUBLIC_URL="http://localhost:8000").returncode == 0


def test_development_with_secrets_of_its_own_may_be_shown_to_others(tmp_path):
    own = {n: SAFE[n] for n in ("SECRET_KEY", "SEALING_KEYS", "TOKEN_PEPPERS")}
    assert start(tmp_path, **own, ALLOWED_HOSTS="laptop.lan").returncode == 0
