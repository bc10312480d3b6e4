"""Production refuses to start with what is missing or public, and says which."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

ROOT = Path(__file__).resolve().parent.parent
SAFE = {
    "DEBUG": "false",
    "SECRET_KEY": secrets.token_urlsafe(60),
    "SEALING_KEYS": Fernet.generate_key().decode(),
    "TOKEN_PEPPERS": "1:" + "y" * 40,
    "ALLOWED_HOSTS": "admin.example.com",
    "PUBLIC_URL": "https://admin.example.com",
}


def start(tmp_path: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": f"sqlite:///{tmp_path}/x.sqlite3"}
    return subprocess.run(
        [sys.executable, "manage.py", *(command or ("check",))],
        cwd=ROOT,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_production_starts_with_safe_values_and_passes_djangos_own_check(tmp_path):
    checked = start(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **SAFE)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("name", [name for name in SAFE if name != "DEBUG"])
def test_production_names_the_setting_that_is_missing(tmp_path, name):
    refused = start(tmp_path, **{k: v for k, v in SAFE.items() if k != name})
    assert refused.returncode != 0
    assert f"{name} is missing" in refused.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "development-only-secret-key"),
        ("SEALING_KEYS", "ZGV2ZWxvcG1lbnQtb25seS1zZWFsaW5nLWtleS0wMDA="),
        ("SEALING_KEYS", "not-a-key"),
        ("TOKEN_PEPPERS", "1:development-only-token-pepper"),
        ("TOKEN_PEPPERS", "no-number"),
        ("ALLOWED_HOSTS", "*"),
        ("SECRET_KEY", "short"),
    ],
)
def test_production_refuses_public_and_senseless_values_without_repeating_them(
    tmp_path, name, value
):
    refused = start(tmp_path, **{**SAFE, name: value})
    assert refused.returncode != 0
    last = refused.stderr.strip().splitlines()[-1]
    assert name in last
    assert len(value) < 2 or value not in last


def test_celery_needs_a_redis_and_says_so(tmp_path):
    refused = start(tmp_path, TASK_QUEUE="celery")
    assert refused.returncode != 0
    assert "TASK_QUEUE=celery needs REDIS_URL" in refused.stderr
    refused = start(tmp_path, TASK_QUEUE="rabbits")
    assert "TASK_QUEUE must be embedded or celery" in refused.stderr
    redis = "redis://127.0.0.1:6379/0"
    assert start(tmp_path, TASK_QUEUE="celery", REDIS_URL=redis).returncode == 0


def test_celery_does_not_start_where_it_is_not_set(tmp_path):
    command = ("shell", "--no-imports", "-c", "import trunkadmin.celery")
    refused = start(tmp_path, *command, REDIS_URL="redis://127.0.0.1:6379/0")
    assert "TASK_QUEUE is not celery" in refused.stderr


@pytest.mark.parametrize("url", ["mail.example.com:25", "http://user:pass-word@host", "smtp", ""])
def test_mail_that_goes_nowhere_known_is_refused_without_repeating_it(tmp_path, url):
    refused = start(tmp_path, EMAIL_URL=url)
    assert refused.returncode != 0
    assert "EMAIL_URL must begin with one of console:, " in refused.stderr.splitlines()[-1]
    assert "pass-word" not in refused.stderr


@pytest.mark.parametrize(
    "url", ["console:", "submission://u:p@mail.example.com/", "SMTP://mail:26"]
)
def test_mail_of_a_known_kind_is_taken(tmp_path, url):
    assert start(tmp_path, EMAIL_URL=url).returncode == 0


def test_a_setting_may_come_from_a_file(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(SAFE["SECRET_KEY"] + "\n")
    peppers = tmp_path / "peppers"
    peppers.write_text(SAFE["TOKEN_PEPPERS"] + "\n")
    values = {k: v for k, v in SAFE.items() if k not in ("SECRET_KEY", "TOKEN_PEPPERS")}
    files = {"SECRET_KEY_FILE": str(secret), "TOKEN_PEPPERS_FILE": str(peppers)}
    started = start(tmp_path, **values, **files)
    assert started.returncode == 0, started.stderr


def test_development_works_with_nothing_set(tmp_path):
    assert start(tmp_path).returncode == 0


def test_every_setting_is_in_the_example():
    example = (ROOT / ".env.example").read_text()
    read = (ROOT / "trunkadmin" / "settings.py").read_text()
    names = {
        line.split('("')[1].split('"')[0]
        for line in read.splitlines()
        if "env." in line and '("' in line
    }
    assert names
    assert [name for name in sorted(names) if f"{name}=" not in example] == []


def test_the_readme_names_every_setting_once():
    example = (ROOT / ".env.example").read_text()
    names = [line.strip("#").split("=")[0] for line in example.splitlines() if "=" in line[:40]]
    names = [name for name in names if name.isupper()]
    rows = [
        line.split("`")[1]
        for line in (ROOT / "README.md").read_text().splitlines()
        if line.startswith("| `")
    ]
    assert names
    assert {name: rows.count(name) for name in names} == dict.fromkeys(names, 1)
