"""Pages by number, as upstream counts and links them."""

from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param
from rest_framework_json_api.pagination import JsonApiPageNumberPagination

from trunks.api.queries import Query, Rows

HERE = "__page__"


class Page(JsonApiPageNumberPagination):
    """One page of a list. A page beyond the end is empty, not a 404."""

    def __init__(self, request: Request, query: Query) -> None:
        self.request = request
        self.number = query.page_number
        self.size = query.page_size
        self.total = 0

    def cut(self, rows: Rows) -> Rows:
        self.total = rows.order_by().count()
        start = (self.number - 1) * self.size
        return rows[start : start + self.size]

    def links(self) -> dict[str, str]:
        """Absolute, with the rest of the query; no `next` or `prev` at the ends."""
        last = max(1, -(-self.total // self.size))
        numbers = {"first": 1, "last": last}
        if self.number < last:
            numbers["next"] = self.number + 1
        if self.number > 1:
            numbers["prev"] = min(self.number - 1, last)
        query = self._query()
        return {name: query.replace(HERE, str(number)) for name, number in numbers.items()}

    def _query(self) -> str:
        """The page's URL with a mark where its number stands."""
        url = str(self.build_link(HERE))
        return replace_query_param(url, self.page_size_query_param, self.size)
