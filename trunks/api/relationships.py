"""A trunk's numbers by themselves: `…/dids`, `…/relationships/dids` and the emergency ones."""

from rest_framework.request import Request
from rest_framework.response import Response

from trunks import access
from trunks.api.bodies import read_data
from trunks.api.did_documents import did_resources, did_rows, identifier
from trunks.api.documents import answer, page_of, relation
from trunks.api.lookups import trunk_of
from trunks.api.outcomes import settle
from trunks.api.pages import Page
from trunks.api.patches import linked_ids
from trunks.api.queries import read_query
from trunks.api.resources import DIDS, TRUNKS
from trunks.api.views import META, ApiView
from trunks.domain.patch import Edit, Op, Whole
from trunks.models import Trunk
from trunks.models.did import DidQuerySet
from trunks.services.proposing import propose


class RelationView(ApiView):
    relation = ""  # dids or emergency_dids, given by the URLs

    def linked(self, trunk: Trunk) -> DidQuerySet:
        linked = getattr(Trunk, self.relation).through.objects.filter(trunk_id=trunk.pk)
        return access.dids_for(self.token).filter(pk__in=linked.values("did_id"))


class RelatedDids(RelationView):
    def get(self, request: Request, id: str) -> Response:
        query = read_query(request, DIDS, is_list=True)
        dids = self.linked(trunk_of(self.token, id))
        page = Page(request, query)
        rows = did_rows(page.cut(query.narrow(dids)))
        return answer(page_of(page, did_resources(rows, query, self.base)))


class Linkage(RelationView):
    """PATCH states the linkage in full, POST adds to it, DELETE takes away from it."""

    def get(self, request: Request, id: str) -> Response:
        read_query(request, TRUNKS, is_list=False)
        trunk = trunk_of(self.token, id)
        dids = self.linked(trunk).order_by("number", "pk").values_list("pk", flat=True)
        home = f"{self.base}/voice_out_trunks/{trunk.pk}"
        links = relation(home, self.relation)["links"]
        return answer(
            {"links": links, "data": [identifier(str(did)) for did in dids], "meta": META}
        )

    def patch(self, request: Request, id: str) -> Response:
        return self._write(request, id, Whole(self._sent(request)))

    put = patch

    def post(self, request: Request, id: str) -> Response:
        return self._write(request, id, Edit(add=self._sent(request)))

    def delete(self, request: Request, id: str) -> Response:
        return self._write(request, id, Edit(remove=self._sent(request)))

    def _sent(self, request: Request) -> tuple[str, ...]:
        return linked_ids(read_data(request.data), self.relation)

    def _write(self, request: Request, id: str, op: Op) -> Response:
        read_query(request, TRUNKS, is_list=False)
        trunk = trunk_of(self.token, id)
        change = propose(trunk, {self.relation: op}, actor=self.actor, origin="api")
        return settle(
            change,
            request,
            actor=self.actor,
            base=self.base,
            applied=lambda change: answer(None, 204),
        )
