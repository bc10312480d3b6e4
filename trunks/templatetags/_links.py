"""Links that keep the rest of the URL: filters and sorting live there."""

from typing import Any

from django.core.paginator import Page
from django.http import QueryDict


def query_with(query: QueryDict, **changes: Any) -> str:
    """The query string with some parameters replaced; None removes one. Never empty."""
    copy = query.copy()
    for name, value in changes.items():
        if value is None:
            copy.pop(name, None)
        else:
            copy[name] = str(value)
    return f"?{copy.urlencode()}"


def sort_context(query: QueryDict, key: str, *, param: str = "sort", current: str = "") -> dict:
    """Where a column header leads and how it stands: ascending, descending or not sorted by."""
    current = query.get(param) or current
    ascending, descending = current == key, current == f"-{key}"
    return {
        "url": query_with(query, **{param: f"-{key}" if ascending else key, "page": None}),
        "direction": "ascending" if ascending else "descending" if descending else "",
    }


def page_links(query: QueryDict, page: Page, param: str = "page") -> dict[str, Any]:
    """Context of ``components/pagination.html``."""
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    return {
        "page": page,
        "numbers": [
            {
                "number": number,
                "current": number == page.number,
                "url": query_with(query, **{param: number}) if isinstance(number, int) else "",
            }
            for number in numbers
        ],
        "previous": query_with(query, **{param: page.number - 1}) if page.has_previous() else "",
        "next": query_with(query, **{param: page.number + 1}) if page.has_next() else "",
    }
