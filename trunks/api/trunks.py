"""voice_out_trunks: list, read, create, update, delete."""

from collections.abc import Mapping
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from trunks import access
from trunks.api.documents import answer
from trunks.api.filtersets import TrunkFilters
from trunks.api.pagination import LongPages
from trunks.api.patches import METHOD_NAME, WRITABLE, WRITABLE_RELATIONS, patch_of
from trunks.api.serializers import TrunkSerializer
from trunks.api.trunk_documents import trunk_resources, trunk_rows
from trunks.api.views import PreparedViewSet
from trunks.domain.problems import Invalid, Problem
from trunks.domain.units import TYPE
from trunks.models import Account, Change, Token
from trunks.models.trunk import TrunkQuerySet
from trunks.services.customers import account_for_creates
from trunks.services.proposing import propose


class TrunkViewSet(PreparedViewSet):
    serializer_class = TrunkSerializer
    filterset_class = TrunkFilters
    pagination_class = LongPages
    ordering_fields = (
        "allow_any_did_as_cli",
        "created_at",
        "external_reference_id",
        "name",
        "threshold_reached",
    )
    writable: tuple[str, ...] = WRITABLE
    writable_relationships: tuple[str, ...] = WRITABLE_RELATIONS
    rows = staticmethod(trunk_rows)
    resources = staticmethod(trunk_resources)

    def get_queryset(self) -> TrunkQuerySet:
        """A tombstone is a 404 here."""
        return access.trunks_for(self.token).present().select_related("account", "customer")

    def create(self, request: Request) -> Response:
        self.check_query()
        body = self.body()
        return self.settle(lambda: self._plan(body), self._created)

    def _plan(self, body: dict[str, Any]) -> Change:
        account = account_for_create(self.token)
        try:
            patch = patch_of(body, None)
            return propose(
                None, patch, kind="create", actor=self.actor, origin="api", account=account
            )
        except Invalid as invalid:
            raise Invalid(_beside_what_was_sent(invalid, body["attributes"])) from None

    def update(self, request: Request, **kwargs: str) -> Response:
        trunk = self.get_object()
        body = self.body()
        if not body["attributes"] and not body["relationships"]:
            return self.show(trunk.pk)
        return self.settle(
            lambda: propose(trunk, patch_of(body, trunk), actor=self.actor, origin="api"),
            lambda change: self.show(trunk.pk),
        )

    partial_update = update

    def destroy(self, request: Request, **kwargs: str) -> Response:
        trunk = self.get_object()
        return self.settle(
            lambda: propose(trunk, {}, kind="delete", actor=self.actor, origin="api"),
            lambda change: answer(None, 204),
        )

    def _created(self, change: Change) -> Response:
        assert change.trunk_id is not None  # noqa: S101  an applied create has made one
        url = f"{self.base}/voice_out_trunks/{change.trunk_id}"
        return self.show(change.trunk_id, 201, Location=url)


def account_for_create(token: Token) -> Account:
    """The token's account, else its customer's, else the only one."""
    if account := token.account or account_for_creates(token.customer):
        return account
    why = (
        "this token names no account and there are several: make a token with one"
        if Account.objects.exists()
        else "there is no upstream account yet"
    )
    raise Invalid([Problem("", f"can't be created: {why}")])


def _beside_what_was_sent(invalid: Invalid, sent: Mapping[str, object]) -> list[Problem]:
    """A method that was not sent has no type to point at."""
    return [
        Problem(METHOD_NAME, problem.message)
        if problem.unit == TYPE and METHOD_NAME not in sent
        else problem
        for problem in invalid.problems
    ]
