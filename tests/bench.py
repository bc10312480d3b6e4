"""`make bench`: what speed costs, as ratios to a floor measured in the same run.

Floor and case take turns; each figure is the median of the paired ratios of CPU time, so that
any commit can be compared on any machine. The floor of a page is the same SQL through a cursor
and `orjson.dumps`; the floor of a pull is fetching and parsing the same pages.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trunkadmin.settings")
os.environ["UPSTREAM_REQUESTS_PER_SECOND"] = "100000"
os.environ["UPSTREAM_ALLOWED_HOSTS"] = "127.0.0.1"
os.environ["LOG_LEVEL"] = "WARNING"

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "20"))
TRUNKS = int(os.environ.get("BENCH_TRUNKS", "10000"))
DIDS = int(os.environ.get("BENCH_DIDS", "4000"))
Case = Callable[[], Any]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder}/bench.sqlite3")
        os.environ["DEBUG"] = "true"
        import django

        django.setup()
        figures = run()
    say(figures)
    out = Path(f"bench-{time.strftime('%Y%m%d-%H%M%S')}.json")
    out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def run() -> dict[str, Any]:
    from django.conf import settings
    from django.core.management import call_command

    from tests import bench_cases as cases
    from trunks.sandbox import Sandbox

    settings.DEBUG = False  # no query log while measuring
    settings.ALLOWED_HOSTS = ["*"]
    call_command("migrate", verbosity=0)
    with Sandbox(trunks=TRUNKS, dids=DIDS) as sandbox:
        stage = cases.Stage(sandbox)
        first = stage.first_pull()
        pairs = {
            "api page of 100": (stage.api_floor, stage.api_page),
            "api page of 100, include=dids": (stage.api_include_floor, stage.api_include_page),
            "html list page": (stage.html_floor, stage.html_list),
            "find by address": (stage.find_floor, stage.find),
        }
        ratios = {name: compare(floor, case, ROUNDS) for name, (floor, case) in pairs.items()}
        pull = compare(stage.pull_floor, stage.pull_unchanged, max(5, ROUNDS // 4))
        ratios[f"pull of {TRUNKS} unchanged"] = pull
        return {"trunks": TRUNKS, "rounds": ROUNDS, "first_pull_seconds": first, "cases": ratios}


def compare(floor: Case, case: Case, rounds: int) -> dict[str, float]:
    """Median ratio of CPU time, and the medians behind it in milliseconds."""
    floor()
    case()
    pairs = [(cpu(floor), cpu(case)) for _ in range(rounds)]
    return {
        "ratio": round(statistics.median(c / f for f, c in pairs), 2),
        "floor_ms": round(statistics.median(f for f, _ in pairs) * 1000, 2),
        "case_ms": round(statistics.median(c for _, c in pairs) * 1000, 2),
    }


def cpu(work: Case) -> float:
    """CPU seconds of this thread (the sandbox serves in others)."""
    before = time.thread_time()
    work()
    return max(time.thread_time() - before, 1e-6)


def say(figures: dict[str, Any]) -> None:
    sys.stdout.write(
        f"first pull of {figures['trunks']} trunks: {figures['first_pull_seconds']} s\n"
    )
    for name, figure in figures["cases"].items():
        sys.stdout.write(
            f"{name:34} {figure['ratio']:7.2f} x floor"
            f"   ({figure['case_ms']} ms over {figure['floor_ms']} ms)\n"
        )


if __name__ == "__main__":
    main()
