"""The filter backends: the library's, with upstream's codes for what they refuse.

Everything they would otherwise have to ignore is refused: a misspelt filter must not find all.
"""

from collections.abc import Sequence
from typing import Any

from django.db.models import F, QuerySet
from django.http import QueryDict
from rest_framework.request import Request
from rest_framework_json_api import filters
from rest_framework_json_api.django_filters import DjangoFilterBackend

from trunks.api import errors

Rows = QuerySet[Any]
MAX_PARAMETERS = 200
PAGE_PARAMETERS = ("page[number]", "page[size]")


class QueryParameterValidation(filters.QueryParameterValidationFilter):
    def validate_query_params(self, request: Request) -> None:
        given = dict(request.query_params.lists())
        if sum(map(len, given.values())) > MAX_PARAMETERS:
            raise errors.parameter_not_allowed("So many parameters")
        for name, values in given.items():
            match = self.query_regex.match(name)
            if match is None:
                raise errors.parameter_not_allowed(name)
            if name in errors.LONE:
                raise errors.LONE[name](values[-1])
            if match["type"] == "page" and name not in PAGE_PARAMETERS:
                raise errors.page_parameter(name[5:-1])
            if match["type"] != "filter" and len(values) > 1:
                raise errors.parameter_not_allowed(f"{name}, twice,")

    def filter_queryset(self, request: Request, queryset: Rows, view: Any) -> Rows:
        self.validate_query_params(request)
        if getattr(view, "action", None) != "list":
            self.refuse_lists(request)
        view.query  # noqa: B018  reads, and so checks, `include` and `fields`
        return queryset

    def refuse_lists(self, request: Request) -> None:
        """One resource is neither filtered nor sorted nor paged."""
        for name in request.query_params:
            if name.startswith("filter"):
                raise errors.filter_not_allowed(name[7:-1])
            if name.startswith("page"):
                raise errors.page_parameter(name[5:-1])
            if name == "sort":
                raise errors.parameter_not_allowed(name)


class FilterBackend(DjangoFilterBackend):
    def filter_queryset(self, request: Request, queryset: Rows, view: Any) -> Rows:
        # A set of filters is copied and made a form for every request: not where none is asked for.
        if not any(name.startswith("filter") for name in request.query_params):
            return queryset
        filterset = self.get_filterset(request, queryset, view)
        for key, values in filterset.errors.items():
            raise errors.filter_value(key.replace("__", "."), values[0])
        return filterset.qs

    def get_filterset_kwargs(self, request: Request, queryset: Rows, view: Any) -> dict[str, Any]:
        """As the library's, which refuses the empty value: here it finds what has none."""
        data = QueryDict(mutable=True)
        for name, values in request.query_params.lists():
            if match := self.filter_regex.match(name):
                data.setlist(match["assoc"].replace(".", "__"), values)
        return {"data": data, "queryset": queryset, "request": request, "filter_keys": list(data)}

    def _validate_filter(self, keys: Sequence[str], filterset_class: Any) -> None:
        for key in keys:
            if filterset_class is None or key not in filterset_class.base_filters:
                name = key.replace("__", ".")
                why = getattr(filterset_class, "refused", {}).get(name, "")
                raise errors.filter_not_allowed(name, why)


class OrderingFilter(filters.OrderingFilter):
    """Null is the greatest of values, on every database; the id decides between equals.

    The default order is left to the database's own place for null, so that it finds an index.
    """

    def remove_invalid_fields(
        self, queryset: Rows, fields: Sequence[str], view: Any, request: Request
    ) -> list[Any]:
        names = [name for name in fields if name]
        for name in names:
            if name.removeprefix("-") not in view.ordering_fields:
                type_ = view.get_serializer_class().name()
                raise errors.sort_not_valid(name.removeprefix("-"), type_)
        return [_by(name) for name in names]

    def get_ordering(self, request: Request, queryset: Rows, view: Any) -> tuple[Any, ...]:
        return (*(super().get_ordering(request, queryset, view) or ()), "pk")


def _by(name: str) -> Any:
    if name.startswith("-"):
        return F(name[1:]).desc(nulls_first=True)
    return F(name).asc(nulls_last=True)
