from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from trunks import access


@access.member_required("operator")
@require_safe
def password_list(request: HttpRequest) -> HttpResponse:
    """Who saw a password of the customer's trunks: no page shows one, so there is nothing yet."""
    return render(request, "portal/passwords.html")
