"""A trunk's numbers by themselves: `…/dids`, `…/relationships/dids` and the emergency ones."""

from collections.abc import Callable

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_json_api.views import RelationshipView

from trunks import access
from trunks.api.dids import DidViewSet
from trunks.api.documents import META, Document, answer, identifier
from trunks.api.patches import linked_ids
from trunks.api.serializers import TrunkSerializer
from trunks.api.views import ApiView
from trunks.domain.patch import Edit, Op, Whole
from trunks.models.did import DidQuerySet
from trunks.models.trunk import TrunkQuerySet
from trunks.services.proposing import propose


class RelatedDidViewSet(DidViewSet):
    def get_queryset(self) -> DidQuerySet:
        trunk = self.lookup(access.trunks_for(self.token).present(), self.kwargs["id"])
        return access.linked_for(self.token, trunk, self.kwargs["related_field"])


class DidsRelationshipView(ApiView, RelationshipView):
    """PATCH states the linkage in full, POST adds to it, DELETE takes away from it.

    The library's own would write the rows: here a change is proposed instead.
    """

    serializer_class = TrunkSerializer

    def get_queryset(self) -> TrunkQuerySet:
        return access.trunks_for(self.token).present().select_related("account", "customer")

    def get(self, request: Request, **kwargs: str) -> Response:
        trunk, name = self.get_object(), kwargs["related_field"]
        rows = access.linked_for(self.token, trunk, name).order_by("number", "pk")
        ids = rows.values_list("pk", flat=True)
        links = self.get_links()
        return answer(
            Document(links=links, data=[identifier("dids", str(i)) for i in ids], meta=META)
        )

    def patch(self, request: Request, **kwargs: str) -> Response:
        return self._write(Whole)

    put = patch

    def post(self, request: Request, **kwargs: str) -> Response:
        return self._write(lambda ids: Edit(add=ids))

    def delete(self, request: Request, **kwargs: str) -> Response:
        return self._write(lambda ids: Edit(remove=ids))

    def _write(self, op: Callable[[tuple[str, ...]], Op]) -> Response:
        trunk, name = self.get_object(), self.kwargs["related_field"]
        patch = {name: op(linked_ids(self.request.data, name))}
        return self.settle(
            lambda: propose(trunk, patch, actor=self.actor, origin="api"),
            lambda change: answer(None, 204),
        )
