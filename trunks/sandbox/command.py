"""The command line, the same for `manage.py sandbox` and `python -m trunks.sandbox`."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable
from typing import Any

from .resources import DIDS, TRUNKS
from .runner import Sandbox
from .settings import DEFAULT_API_KEY


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8001, help="on 127.0.0.1 (8001)")
    parser.add_argument("--api-key", help=f"the key to accept ({DEFAULT_API_KEY})")
    parser.add_argument("--callback-secret", help="signs callbacks; none are sent without it")
    parser.add_argument("--state", help="a file that keeps the state; memory without it")
    parser.add_argument("--trunks", type=int, default=60, help="how many on a first start (60)")
    parser.add_argument("--dids", type=int, default=200, help="how many on a first start (200)")


def run(options: dict[str, Any], say: Callable[[str], object]) -> None:
    """Serves until interrupted or terminated."""
    names = ("port", "api_key", "state", "trunks", "dids", "callback_secret")
    sandbox = Sandbox(**{name: options[name] for name in names})
    signal.signal(signal.SIGTERM, _interrupt)
    store = sandbox.upstream.store
    say(f"Sandbox upstream at {sandbox.url}")
    say(f"Api-Key: {'as given' if options['api_key'] else sandbox.api_key}")
    say(f"{store.count(TRUNKS)} trunks, {store.count(DIDS)} DIDs; Ctrl-C stops")
    sandbox.serve_forever()


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m trunks.sandbox", description=__doc__)
    add_arguments(parser)
    run(vars(parser.parse_args()), _say)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
