"""dids: list and read; nothing of a number is changed here."""

from trunks import access
from trunks.api.did_documents import did_resources, did_rows
from trunks.api.filtersets import DidFilters
from trunks.api.serializers import DidSerializer
from trunks.api.views import PreparedViewSet
from trunks.models.did import DidQuerySet


class DidViewSet(PreparedViewSet):
    serializer_class = DidSerializer
    filterset_class = DidFilters
    rows = staticmethod(did_rows)
    resources = staticmethod(did_resources)
    ordering = ("number",)
    ordering_fields = (
        "awaiting_registration",
        "billing_cycles_count",
        "blocked",
        "capacity_limit",
        "channels_included_count",
        "created_at",
        "dedicated_channels_count",
        "description",
        "expires_at",
        "number",
        "terminated",
    )

    def get_queryset(self) -> DidQuerySet:
        return access.dids_for(self.token).present()
