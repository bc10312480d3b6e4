"""Lines of the log that nobody outside can forge: one event, one line."""

import logging
from typing import Any

INDENT = "    "


class LineFormatter(logging.Formatter):
    """Spells out what does not print; the lines of a traceback are indented below their event."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return spelt_out(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:
        return _indented(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:
        return _indented(super().formatStack(stack_info))


def spelt_out(text: str) -> str:
    """Control characters, line ends, surrogates and marks of direction as `\\n`, `\\x1b`…"""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _indented(text: str) -> str:
    return "\n".join(INDENT + spelt_out(line) for line in text.split("\n"))
