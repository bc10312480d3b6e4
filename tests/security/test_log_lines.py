"""One event is one line of the log: nothing in it can forge another, or paint a terminal."""

import io
import json
import logging
import logging.config
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils.module_loading import import_string

from trunks.access import actor_of
from trunks.domain.occasion import occasion
from trunks.domain.patch import Put
from trunks.models import Trunk
from trunks.services.delivering import deliver
from trunks.services.proposing import propose
from trunks.services.pulling import pull
from trunks.services.submitting import submit


def line_of(message: str, *args: object, style: str = "line", **more: object) -> str:
    record = logging.LogRecord("trunks.deliver", logging.WARNING, "", 0, message, args, None)
    record.__dict__.update(more)
    handler = handler_of(style)
    handler.handle(record)
    return str(handler.stream.getvalue().removesuffix("\n"))


def handler_of(style: str) -> "logging.StreamHandler[io.StringIO]":
    """As the settings have it, into a text."""
    logs: dict[str, Any] = settings.LOGGING
    made = dict(logs["formatters"][style])
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(logging.config.DictConfigurator(logs).configure_formatter(made))
    for name in logs["handlers"]["stderr"]["filters"]:
        handler.addFilter(import_string(logs["filters"][name]["()"])())
    return handler


@pytest.fixture(params=["line", "json"])
def everything(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """What is logged with LOG_LEVEL=DEBUG, and by the libraries that talk to upstream."""
    handler, root = handler_of(request.param), logging.getLogger()
    root.addHandler(handler)
    loggers = [logging.getLogger(name) for name in ("trunks", "urllib3", "requests")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    yield handler.stream
    root.removeHandler(handler)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


ODD = ["\n", "\r\n", "\x1b[31m", "\x00", "\x85", "\u2028", "\u202e"]


@pytest.mark.parametrize("style", ["line", "json"])
@pytest.mark.parametrize("odd", ODD)
def test_control_characters_from_upstream_are_spelt_out(odd, style):
    told = f"Name{odd}2026-11-23 INFO forged"
    line = line_of("change %s: outcome unknown: %s", 1, told, style=style)
    assert odd not in line
    assert "forged" in line
    assert len(line.splitlines()) == 1


def test_words_of_any_language_stay_as_they_are():
    assert "Größe – 東京" in line_of("pull of %s", "Größe – 東京")


def test_text_no_terminal_can_write_is_spelt_out():
    line_of("%s", "\ud800").encode()


def test_a_traceback_keeps_its_lines_and_nothing_in_it_starts_one():
    try:
        raise ValueError("a\nforged\x1b[31m")
    except ValueError as error:
        line = line_of("broken", exc_info=(ValueError, error, error.__traceback__))
    assert "\n    Traceback (most recent call last):" in line
    assert all(part.startswith("    ") for part in line.splitlines()[1:])
    assert "\x1b" not in line


def test_a_line_for_machines_is_an_object_with_these_members_and_no_others():
    with occasion(change="c-1", account=7, sync=None):
        line = line_of("sent %s", "Größe\n", style="json", request="<a library's own>", status=500)
    told = json.loads(line)
    assert told.pop("time").endswith("+00:00")
    assert told == {
        "level": "WARNING",
        "logger": "trunks.deliver",
        "message": "sent Größe\n",
        "change": "c-1",
        "account": "7",
    }


def test_a_line_for_machines_keeps_its_traceback_inside():
    try:
        raise ValueError("a\nforged\x1b[31m")
    except ValueError as error:
        told = line_of("x", style="json", exc_info=(ValueError, error, error.__traceback__))
    assert len(told.splitlines()) == 1
    assert "\x1b" not in told
    assert "ValueError: a\nforged" in json.loads(told)["exc_info"]


def test_what_a_line_belongs_to_stands_before_what_a_message_could_forge():
    with occasion(change="c-1"), occasion(account=7):
        line = line_of("named %s", "change=c-2")
    assert " trunks.deliver change=c-1 account=7 named change=c-2" in line
    assert "change=c-1" not in line_of("later")


@pytest.mark.django_db
def test_a_whole_day_at_debug_tells_what_belongs_together_and_no_secret(
    account, sandbox, ada, client_of, everything
):
    run = pull(account)
    change = _edit(ada)
    sandbox.fault("status", method="GET", status=500, times=1)
    failing = _edit(ada)
    answer = client_of(ada).get("/staff/trunks/?q=nothing")
    lines = everything.getvalue().splitlines()
    for what, id_ in (("sync", run.pk), ("change", change.pk), ("change", failing.pk)):
        assert any(f"{what}={id_}" in line or f'"{what}": "{id_}"' in line for line in lines), what
    assert len(answer["X-Request-Id"]) == 36
    secrets = [sandbox.api_key]
    for trunk in Trunk.objects.filter(auth_type="credentials_and_ip"):
        method = sandbox.trunk(str(trunk.pk))["attributes"]["authentication_method"]
        secrets.append(method["attributes"]["password"])
    assert len(secrets) > 10
    assert [secret for secret in secrets if secret in everything.getvalue()] == []


def _edit(ada: Any) -> Any:
    trunk = Trunk.objects.filter(auth_type="credentials_and_ip").order_by("pk")[0]
    actor = actor_of(ada)
    patch = {"rtp_timeout": Put((trunk.rtp_timeout or 20) + 1)}
    return deliver(submit(propose(trunk, patch, actor=actor, origin="staff"), actor=actor))


@pytest.mark.django_db
def test_the_lines_of_a_request_carry_the_id_that_its_answer_tells(client, everything):
    answer = client.get("/staff/nothing-here/")
    assert answer["X-Request-Id"] in everything.getvalue()
    assert client.get("/healthz")["X-Request-Id"] != answer["X-Request-Id"]


@pytest.mark.django_db
def test_an_error_of_a_page_reaches_the_log_in_production_too(settings, monkeypatch, capfd):
    settings.DEBUG = False
    monkeypatch.setattr("trunks.web.home._database", lambda: 1 / 0)
    logging.config.dictConfig(settings.LOGGING)
    Client(raise_request_exception=False).get("/readyz")
    said = capfd.readouterr().err
    assert "ZeroDivisionError" in said
    assert "/readyz" in said
