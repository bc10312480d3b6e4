"""One event is one line of the log: nothing in it can forge another, or paint a terminal."""

import logging
import logging.config
from typing import Any

import pytest
from django.conf import settings
from django.test import Client


def line_of(message: str, *args: object, **more: object) -> str:
    logs: dict[str, Any] = settings.LOGGING
    made = logs["formatters"]["line"]
    formatter = logging.config.DictConfigurator({"version": 1}).configure_formatter(dict(made))
    record = logging.LogRecord("trunks.deliver", logging.WARNING, "", 0, message, args, None)
    record.__dict__.update(more)
    return formatter.format(record)


@pytest.mark.parametrize("odd", ["\n", "\r\n", "\x1b[31m", "\x00", "\x85", "\u2028", "\u202e"])
def test_control_characters_from_upstream_are_spelt_out(odd):
    line = line_of("change %s: outcome unknown: %s", 1, f"Name{odd}2026-11-23 INFO forged")
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


@pytest.mark.django_db
def test_an_error_of_a_page_reaches_the_log_in_production_too(settings, monkeypatch, capfd):
    settings.DEBUG = False
    monkeypatch.setattr("trunks.web.home._database", lambda: 1 / 0)
    logging.config.dictConfig(settings.LOGGING)
    Client(raise_request_exception=False).get("/readyz")
    said = capfd.readouterr().err
    assert "ZeroDivisionError" in said
    assert "/readyz" in said
