from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from trunks import access


@access.member_required("operator")
@require_safe
def password_list(request: HttpRequest) -> HttpResponse:
    """Who saw a password of the customer's trunks, and when: nobody has been shown one so far."""
    return render(request, "portal/passwords.html")
