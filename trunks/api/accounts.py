"""accounts: the upstream accounts, without their keys; list and read."""

from django.db.models import QuerySet
from rest_framework.viewsets import ReadOnlyModelViewSet

from trunks import access
from trunks.api.serializers import AccountSerializer
from trunks.api.views import ApiView
from trunks.models import Account


class AccountViewSet(ApiView, ReadOnlyModelViewSet[Account]):
    serializer_class = AccountSerializer
    ordering = ("name",)
    ordering_fields = ("name",)

    def get_queryset(self) -> QuerySet[Account]:
        return access.accounts_for(self.token)
