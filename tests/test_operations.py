"""docs/operations.md is true: its units load, its commands, settings and metrics exist."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
UNITS = dict(re.findall(r"`/etc/systemd/system/(\S+)`\n\n```ini\n(.*?)```", TEXT, re.S))
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", TEXT, re.S)
RULES = [yaml.safe_load(text) for kind, text in BLOCKS if kind == "yaml"]
SLOWEST_ATTEMPT = 7 * 25  # seconds: three reads, a write, three reads


def test_there_is_a_unit_for_each_process():
    assert set(UNITS) == {
        "trunkadmin-web.service",
        "trunkadmin-worker.service",
        "trunkadmin-celery.service",
        "trunkadmin-beat.service",
    }


@pytest.mark.parametrize("name", UNITS)
def test_each_unit_is_one_that_systemd_takes(name, tmp_path):
    if (systemd := shutil.which("systemd-analyze")) is None:
        pytest.skip("systemd-analyze is not on this machine")
    unit = re.sub(r"(?m)^(Exec\w+=)\S+", rf"\1{shutil.which('true')}", UNITS[name])
    (tmp_path / name).write_text(unit)
    checked = subprocess.run(
        [systemd, "verify", "--man=no", "--recursive-errors=no", str(tmp_path / name)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("name", UNITS)
def test_each_unit_is_fenced_in_and_comes_back(name):
    directives = dict(re.findall(r"(?m)^(\w+)=(.*)$", UNITS[name]))
    assert directives["Restart"] == "always"
    assert directives["User"] == "trunkadmin"
    assert directives["EnvironmentFile"] == "/etc/trunkadmin/env"
    assert directives["KillMode"] == "mixed"
    assert directives["ProtectSystem"] == "strict"
    assert directives["NoNewPrivileges"] == "yes"
    if "worker" in directives["ExecStart"] and "gunicorn" not in directives["ExecStart"]:
        assert int(directives["TimeoutStopSec"]) > SLOWEST_ATTEMPT


def test_every_command_it_names_exists():
    shell = "\n".join(text for kind, text in BLOCKS if kind == "sh")
    named = set(re.findall(r"(?:\bmanage|manage\.py) ([a-z_]+)", shell))
    named |= set(re.findall(r"`manage(?:\.py)? ([a-z_]+)", TEXT))
    assert {"restore_check", "prune", "worker", "migrate"} <= named
    assert named - set(get_commands()) == set()


def test_every_setting_it_names_exists():
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    known = set(re.findall(r"^#?([A-Z_]+)=", example, re.M))
    environment = next(text for _, text in BLOCKS if text.startswith("DEBUG="))
    set_there = {n.removesuffix("_FILE") for n in re.findall(r"^([A-Z_]+)=", environment, re.M)}
    told = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)[=`]", TEXT))
    assert set_there | told - {"TASK_QUEUE"} <= known


@pytest.mark.django_db
def test_every_metric_it_names_is_told(client, pulled):
    told = set(re.findall(r"^# TYPE (\w+)", client.get("/metrics").content.decode(), re.M))
    named = set(re.findall(r"\btrunkadmin_\w+", "\n".join(t for k, t in BLOCKS if k == "yaml")))
    assert named
    assert named - told == set()


def test_each_rule_has_a_name_a_condition_and_words():
    (rules,) = (group["rules"] for found in RULES for group in found.get("groups", []))
    assert len({rule["alert"] for rule in rules}) == len(rules) >= 8
    assert all(rule["expr"] and rule["annotations"]["summary"] for rule in rules)
