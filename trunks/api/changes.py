"""changes: what was asked of trunks and what became of it; list and read."""

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet
from rest_framework_json_api.views import RelationshipView

from trunks import access
from trunks.api.documents import META, Document, answer, identifier, one
from trunks.api.filtersets import ChangeFilters
from trunks.api.serializers import ChangeSerializer
from trunks.api.trunks import TrunkViewSet
from trunks.api.views import ApiView
from trunks.models import Change
from trunks.models.change import ChangeQuerySet


class ChangeViewSet(ApiView, ReadOnlyModelViewSet[Change]):
    serializer_class = ChangeSerializer
    filterset_class = ChangeFilters
    ordering = ("-created_at",)
    ordering_fields = ("created_at", "settled_at")

    def get_queryset(self) -> ChangeQuerySet:
        return access.changes_for(self.token)


class ChangedTrunk(TrunkViewSet):
    """The trunk of a change; null while a create has not made it, 404 once it is gone."""

    def retrieve(self, request: Request, **kwargs: str) -> Response:
        self.check_query()
        change = self.lookup(access.changes_for(self.token), kwargs["id"])
        return answer(one(None)) if change.trunk_id is None else self.show(change.trunk_id)


class ChangeRelationshipView(ApiView, RelationshipView):
    http_method_names = ["get", "head"]
    serializer_class = ChangeSerializer
    self_link_view_name = "api:change-trunk-linkage"
    related_link_view_name = "api:change-trunk"

    def get_queryset(self) -> ChangeQuerySet:
        return access.changes_for(self.token)

    def get(self, request: Request, **kwargs: str) -> Response:
        trunk = self.get_object().trunk_id
        data = None if trunk is None else identifier("voice_out_trunks", str(trunk))
        return answer(Document(links=self.get_links(), data=data, meta=META))
