"""What every list needs: links that keep the URL's filters, pills, pages, page or fragment."""

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from trunks.templatetags._links import query_with

PER_PAGE = 50
MAX_PAGE_DIGITS = 9  # a longer number means no page any database could count to
Option = tuple[str, str]


class CountedPaginator(Paginator):
    """A paginator that was told the count, so that it is not asked for again."""

    def __init__(self, rows: QuerySet[Any], per_page: int, count: int):
        super().__init__(rows, per_page)
        self.__dict__["count"] = count


def page_of(request: HttpRequest, rows: QuerySet[Any], count: int | None = None) -> Page:
    """The page the URL names; the nearest one when it names none there is."""
    number = request.GET.get("page", "1")[:MAX_PAGE_DIGITS]
    if count is None:
        count = rows.count()
    return CountedPaginator(rows, PER_PAGE, count).get_page(number)


def link(query: QueryDict, **changes: Any) -> str:
    """The same list with other filters, from its first page."""
    return query_with(query, page=None, **changes)


def pill(
    query: QueryDict, param: str, label: str, options: Iterable[Option], **more: Any
) -> dict[str, Any]:
    """One filter of `components/filters.html`: its options, or what it is set to."""
    options = list(options)
    value = query.get(param, "")
    if value:
        shown = dict(options).get(value, value)
        return {"label": label, "value": shown, "clear_url": link(query, **{param: None})}
    return {
        "label": label,
        "options": [{"label": text, "url": link(query, **{param: key})} for key, text in options],
        **more,
    }


def clear_url(request: HttpRequest, params: Sequence[str]) -> str:
    """Where all filters are gone, or "" when none is set."""
    if not any(request.GET.get(param) for param in params):
        return ""
    return query_with(request.GET, page=None, **dict.fromkeys(params))


def kept(query: QueryDict, *dropped: str) -> list[Option]:
    """The filters a GET form must carry along, as hidden fields."""
    leave = {"page", *dropped}
    return [(name, str(value)) for name, value in query.items() if value and name not in leave]


def is_fragment(request: HttpRequest) -> bool:
    """Whether htmx wants a part of the page (not a boosted link, not a page of its history)."""
    htmx = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def vary(response: HttpResponse) -> HttpResponse:
    patch_vary_headers(response, ["HX-Request", "HX-History-Restore-Request"])
    return response


def respond(
    request: HttpRequest, template: str, context: dict[str, Any], *, fragment: str = "rows"
) -> HttpResponse:
    """The whole page, or only its rows while someone types."""
    if not is_fragment(request):
        return vary(render(request, template, context))
    response = render(request, f"{template}#{fragment}", context)
    # The first letters typed are a step in the browser's history, the next ones refine it.
    refines = "q" in _query_of(request.headers.get("HX-Current-URL", ""))
    response["HX-Replace-Url" if refines else "HX-Push-Url"] = _tidy_url(request)
    return vary(response)


def _query_of(url: str) -> dict[str, list[str]]:
    """What a URL asks for; a header may hold anything, also what is no URL."""
    try:
        return parse_qs(urlsplit(url).query)
    except ValueError:
        return {}


def _tidy_url(request: HttpRequest) -> str:
    query = request.GET.copy()
    for name in [name for name, value in query.items() if not value]:
        del query[name]
    return f"{request.path}?{query.urlencode()}" if query else request.path


def live(
    request: HttpRequest, template: str, context: dict[str, Any], *, part: str, unsettled: bool
) -> HttpResponse:
    """A page with a part that asks for itself every two seconds while something is unsettled.

    Once it is settled the whole of `<main>` is brought up to date, and nothing asks any more.
    """
    polled = is_fragment(request) and request.htmx.target == part  # type: ignore[attr-defined]
    if polled and unsettled:
        return vary(render(request, f"{template}#{part}", context))
    response = render(request, template, {**context, "has_settled": polled})
    if polled:
        response["HX-Retarget"] = response["HX-Reselect"] = "#main"
        response["HX-Reswap"] = "outerHTML"
    return vary(response)
