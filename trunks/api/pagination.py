"""Pages by number, as upstream counts and links them."""

import re
from typing import Any

from django.core.paginator import Paginator
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework_json_api.pagination import JsonApiPageNumberPagination

from trunks.api import errors
from trunks.api.documents import META

HERE = "__page__"


class Unbounded(Paginator):
    """A page beyond the end is empty, not a 404."""

    def validate_number(self, number: Any) -> int:
        return int(number)


class Pages(JsonApiPageNumberPagination):
    page_size = 50
    django_paginator_class = Unbounded

    def get_page_number(self, request: Request, paginator: Any) -> int:
        return self._part(request, "number") or 1

    def get_page_size(self, request: Request) -> int:
        size = self._part(request, "size") or self.page_size
        if size > self.max_page_size:
            raise errors.page_too_large(self.max_page_size)
        return size

    def _part(self, request: Request, name: str) -> int | None:
        value = request.query_params.get(f"page[{name}]")
        if value is None:
            return None
        if not re.fullmatch(r"[0-9]{1,9}", value) or int(value) < 1:
            raise errors.page_value(name, value)
        return int(value)

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data, "meta": self.meta(), "links": self.links()})

    def meta(self) -> dict[str, Any]:
        return {"total_records": self.page.paginator.count, **META}

    def links(self) -> dict[str, str]:
        """Absolute, with the rest of the query; no `next` or `prev` at the ends."""
        number, last = self.page.number, self.page.paginator.num_pages
        numbers = {"first": 1, "last": last}
        if number < last:
            numbers["next"] = number + 1
        if number > 1:
            numbers["prev"] = min(number - 1, last)
        # One URL is built, with a mark where its number stands, and not four.
        url = replace_query_param(
            str(self.build_link(HERE)), self.page_size_query_param, self.page.paginator.per_page
        )
        return {name: url.replace(HERE, str(number)) for name, number in numbers.items()}


class LongPages(Pages):
    max_page_size = 1000
