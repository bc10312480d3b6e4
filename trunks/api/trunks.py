"""voice_out_trunks: list, read, create, update, delete."""

from collections.abc import Mapping
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from trunks import access
from trunks.api import errors
from trunks.api.bodies import Body, read_body
from trunks.api.documents import answer, one, page_of
from trunks.api.lookups import account_for_create, trunk_of
from trunks.api.outcomes import settle
from trunks.api.pages import Page
from trunks.api.patches import METHOD_NAME, WRITABLE, WRITABLE_RELATIONS, patch_of
from trunks.api.queries import Query, read_query
from trunks.api.resources import TRUNKS
from trunks.api.trunk_documents import trunk_resources, trunk_rows
from trunks.api.views import ApiView
from trunks.domain.patch import Patch
from trunks.domain.problems import Invalid, Problem
from trunks.domain.units import TYPE
from trunks.models import Change
from trunks.services.proposing import propose


class TrunkView(ApiView):
    """How one trunk is shown, by all views that answer with one."""

    def show(self, id_: UUID, query: Query, status: int = 200, **headers: str) -> Response:
        rows = trunk_rows(access.trunks_for(self.token).present().filter(pk=id_))
        if not rows:
            raise errors.not_found(id_)
        data, included = trunk_resources(rows, query, self.base, self.token)
        return answer(one(data[0], included), status, **headers)


class TrunkList(TrunkView):
    def get(self, request: Request) -> Response:
        query = read_query(request, TRUNKS, is_list=True)
        page = Page(request, query)
        trunks = access.trunks_for(self.token).present()
        rows = trunk_rows(page.cut(query.narrow(trunks)))
        data, included = trunk_resources(rows, query, self.base, self.token)
        return answer(page_of(page, data, included))

    def post(self, request: Request) -> Response:
        query = read_query(request, TRUNKS, is_list=False)
        body = read_body(
            request.data, TRUNKS.name, attributes=WRITABLE, relations=WRITABLE_RELATIONS
        )
        change = self._propose(body)

        def created(change: Change) -> Response:
            assert change.trunk_id is not None  # noqa: S101  an applied create has made one
            url = f"{self.base}/voice_out_trunks/{change.trunk_id}"
            return self.show(change.trunk_id, query, 201, Location=url)

        return settle(change, request, actor=self.actor, base=self.base, applied=created)

    def _propose(self, body: Body) -> Change:
        account = account_for_create(self.token)
        try:
            patch = patch_of(body, None)
            return propose(
                None, patch, kind="create", actor=self.actor, origin="api", account=account
            )
        except Invalid as invalid:
            raise Invalid(_beside_what_was_sent(invalid, body.attributes)) from None


def _beside_what_was_sent(invalid: Invalid, sent: Mapping[str, object]) -> list[Problem]:
    """A method that was not sent has no type to point at."""
    return [
        Problem(METHOD_NAME, problem.message)
        if problem.unit == TYPE and METHOD_NAME not in sent
        else problem
        for problem in invalid.problems
    ]


class TrunkDetail(TrunkView):
    def get(self, request: Request, id: str) -> Response:
        query = read_query(request, TRUNKS, is_list=False)
        return self.show(trunk_of(self.token, id).pk, query)

    def patch(self, request: Request, id: str) -> Response:
        query = read_query(request, TRUNKS, is_list=False)
        trunk = trunk_of(self.token, id)
        body = read_body(
            request.data,
            TRUNKS.name,
            attributes=WRITABLE,
            relations=WRITABLE_RELATIONS,
            id_=trunk.pk,
        )
        if body.is_empty:
            return self.show(trunk.pk, query)
        patch = patch_of(body, trunk)
        change = propose(trunk, patch, actor=self.actor, origin="api")
        return settle(
            change,
            request,
            actor=self.actor,
            base=self.base,
            applied=lambda change: self.show(trunk.pk, query),
        )

    put = patch

    def delete(self, request: Request, id: str) -> Response:
        read_query(request, TRUNKS, is_list=False)
        trunk = trunk_of(self.token, id)
        nothing: Patch = {}
        change = propose(trunk, nothing, kind="delete", actor=self.actor, origin="api")
        return settle(
            change,
            request,
            actor=self.actor,
            base=self.base,
            applied=lambda change: answer(None, 204),
        )
