"""syncs: the pulls of the accounts; list and read."""

from django.db.models import QuerySet
from rest_framework.viewsets import ReadOnlyModelViewSet

from trunks import access
from trunks.api.filtersets import SyncFilters
from trunks.api.serializers import SyncSerializer
from trunks.api.views import ApiView
from trunks.models import SyncRun


class SyncViewSet(ApiView, ReadOnlyModelViewSet[SyncRun]):
    serializer_class = SyncSerializer
    filterset_class = SyncFilters
    ordering = ("-started_at",)
    ordering_fields = ("started_at",)

    def get_queryset(self) -> QuerySet[SyncRun]:
        return access.syncs_for(self.token)
