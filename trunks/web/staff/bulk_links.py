"""What the list of trunks offers for many at once: those ticked, or all that pass its filter."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest

from trunks.web.staff.selection import ALL, FILTER
from trunks.web.words import counted


def bulk_context(request: HttpRequest, count: int) -> dict[str, Any]:
    """`count`: how many the list holds. What is gone is neither changed nor exported."""
    is_gone = request.GET.get("tab") == "gone"
    kept = [(name, value) for name in FILTER if (value := request.GET.get(name))]
    return {
        "selectable": request.user.has_perm("trunks.change_trunk") and not is_gone,
        "bulk": {
            "count": 0 if is_gone else count,
            "words": counted(count, "trunk"),
            "query": urlencode([("which", ALL), *kept]),
            "kept": kept,
        },
    }
