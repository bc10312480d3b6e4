"""Lines of the log that nobody outside can forge: one event, one line, and what it belongs to."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from trunks.domain.occasion import facts

INDENT = "    "


class UnderWay(logging.Filter):
    """Gives every record what was under way when it was made: change, account, sync, request.

    Django speaks of a request once more when its middleware is done with it.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        asked = getattr(getattr(record, "request", None), "id", None)
        record.under_way = {**({"request": asked} if asked else {}), **facts()}
        return True


class LineFormatter(logging.Formatter):
    """For people. Spells out what does not print; the lines of a traceback are indented below
    their event. What it belongs to stands before the message, where no message can forge it."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.belongs = "".join(f"{name}={value} " for name, value in _under_way(record).items())
        return spelt_out(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:
        return _indented(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:
        return _indented(super().formatStack(stack_info))


class ObjectFormatter(JsonFormatter):
    """For machines: a JSON object a line, in ASCII, of these members and no others, whatever a
    library hangs on its records."""

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        log_data["time"] = datetime.fromtimestamp(record.created, UTC).isoformat()
        log_data["level"], log_data["logger"] = record.levelname, record.name
        log_data["message"] = record.getMessage()
        log_data |= _under_way(record)
        for name in ("exc_info", "stack_info"):
            if name in message_dict:
                log_data[name] = message_dict[name]


def _under_way(record: logging.LogRecord) -> Mapping[str, str]:
    return getattr(record, "under_way", {})


def spelt_out(text: str) -> str:
    """Control characters, line ends, surrogates and marks of direction as `\\n`, `\\x1b`…"""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _indented(text: str) -> str:
    return "\n".join(INDENT + spelt_out(line) for line in text.split("\n"))
