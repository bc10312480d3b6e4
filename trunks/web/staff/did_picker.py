"""The picker of numbers on staff's forms: of one account."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from trunks import access
from trunks.web import picker


def did_picker(request: HttpRequest) -> HttpResponse:
    return picker.signed_out(request) or _found(request)


@access.staff_required("change_trunk")
@require_safe
def _found(request: HttpRequest) -> HttpResponse:
    account = picker.account_in(request.GET.get("account", ""))
    dids = access.dids_for(request.user).filter(account=account)
    url = reverse("staff:did-picker")
    return picker.found(request, dids, account_id=account or "", picker_url=url)
