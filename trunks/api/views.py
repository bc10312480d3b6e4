"""What the views of the API have in common."""

import uuid
from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar, cast
from uuid import UUID

from django.db import IntegrityError
from django.db.models import Model, QuerySet
from django.http import Http404
from django.utils.cache import patch_vary_headers
from rest_framework import exceptions
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from trunks import access
from trunks.api import errors
from trunks.api.documents import Resource, answer, one, page_of
from trunks.api.idempotency import earlier_change
from trunks.api.outcomes import answer_again, settle
from trunks.api.queries import Query, read_query
from trunks.domain.actor import Actor
from trunks.domain.occasion import facts
from trunks.models import Change, Token
from trunks.services.submitting import discard

VARY = ("Accept", "Api-Key", "Authorization", "Prefer", "Idempotency-Key")
Row = TypeVar("Row", bound=Model)


class ApiView(APIView):
    """Authentication, permissions, parsers, renderers and the rest are the settings'."""

    lookup_field = "id"
    http_method_names = ["get", "post", "put", "patch", "delete", "head"]

    @cached_property
    def request_id(self) -> str:
        return facts().get("request") or str(uuid.uuid4())

    @property
    def token(self) -> Token:
        assert isinstance(self.request.auth, Token)  # noqa: S101  the permission saw to it
        return self.request.auth

    @property
    def actor(self) -> Actor:
        return access.actor_of(self.token)

    @property
    def base(self) -> str:
        """Where the API lives, absolute, without a slash at the end."""
        return self.request._request.build_absolute_uri("/api/v3")

    def get_object(self) -> Any:
        return self.lookup(self.filter_queryset(self.get_queryset()), self.kwargs["id"])  # type: ignore[attr-defined]

    def lookup(self, rows: QuerySet[Row], id_: str) -> Row:
        """Among rows that the token may see, by an id in its usual form: Django takes more."""
        try:
            row = get_object_or_404(rows, pk=id_)
        except Http404:
            raise errors.not_found(id_) from None
        if str(row.pk) != id_.lower():
            raise errors.not_found(id_)
        return row

    def settle(self, plan: Callable[[], Change], applied: Callable[[Change], Response]) -> Response:
        """Plan, submit, carry out; answered by `applied` when that is what it was. A POST that is
        repeated under its key is answered again from what the first one made."""
        if (made := earlier_change(self.request, self.token)) is None:
            change = plan()
            try:
                return settle(
                    change, self.request, actor=self.actor, base=self.base, applied=applied
                )
            except IntegrityError:  # the same key, at the same moment
                discard(change, actor=self.actor)
                made = earlier_change(self.request, self.token)
                if made is None:
                    raise
        return answer_again(made, self.request, base=self.base, applied=applied)

    @cached_property
    def query(self) -> Query:
        """`include` and `fields` of the request."""
        return read_query(self.request.query_params, self.get_serializer_class())  # type: ignore[attr-defined]

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["X-Request-Id"] = self.request_id
        patch_vary_headers(response, VARY)
        return response


class PreparedViewSet(ApiView, GenericViewSet[Any]):
    """Lists and reads whose documents are written from rows, not by the serializer.

    `rows` reads a queryset as rows; `resources` makes of them resource objects and what is included
    with them (None where nothing was asked for).
    """

    rows: Callable[[Any], Any]
    resources: Callable[..., tuple[list[Resource], list[Resource] | None]]

    def check_query(self) -> None:
        """Before anything is written."""
        self.filter_queryset(self.get_queryset())

    def body(self) -> dict[str, Any]:
        """An empty one never gets to the parser."""
        if not self.request.data:
            raise errors.member_missing("data")
        return cast(dict[str, Any], self.request.data)

    def list(self, request: Request, **kwargs: str) -> Response:
        rows = self.paginate_queryset(self.rows(self.filter_queryset(self.get_queryset())))
        data, included = self.resources(rows, self.query, self.base, self.token)
        return answer(page_of(self.paginator, data, included))

    def retrieve(self, request: Request, **kwargs: str) -> Response:
        return self.show(self.get_object().pk)

    def show(self, id_: UUID, status: int = 200, **headers: str) -> Response:
        rows = self.rows(self.get_queryset().filter(pk=id_))
        data, included = self.resources(rows, self.query, self.base, self.token)
        if not data:
            raise errors.not_found(id_)
        return answer(one(data[0], included), status, **headers)


class NotRouted(ApiView):
    """Any path that is none of ours: a 404 that a program can read."""

    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.perform_authentication(request)
        if not isinstance(request.auth, Token):
            raise exceptions.NotAuthenticated
        raise errors.no_route(request.path)
