"""The page that an invitation's link opens: a new login, or the one that its address has."""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from trunks.access import person_of
from trunks.domain.problems import Invalid
from trunks.models import Invitation, Membership, User
from trunks.services import invitations

ROLES = {
    "viewer": "you will see its phone trunks.",
    "operator": "you will see and change its phone trunks, as far as is agreed for it.",
    "owner": "you will look after its phone trunks and decide who else does.",
}
ELSEWHERE = (
    "Your login is for something else already. Ask whoever invited you to use another address."
)


class JoinForm(forms.Form):
    name = forms.CharField(
        label="Your name", max_length=150, widget=forms.TextInput({"autocomplete": "name"})
    )
    password = forms.CharField(
        label="A password for trunkadmin",
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    try:
        invited = invitations.find_invitation(secret)
        return _joined(request, invited) if request.method == "POST" else _page(request, invited)
    except invitations.Closed:
        return render(request, "account/invitation_closed.html", status=404)


def _joined(request: HttpRequest, invited: Invitation) -> HttpResponse:
    if _is_theirs(request, invited):
        return _joined_as(request, invited)
    if request.user.is_authenticated or invitations.has_login(invited):
        return _page(request, invited)
    form = JoinForm(request.POST)
    if form.is_valid():
        try:
            member = invitations.accept_as_new(invited, **form.cleaned_data)
        except Invalid as error:
            for problem in error.problems:
                form.add_error(problem.unit, problem.message)
        else:
            return _signed_in(request, member)
    return _page(request, invited, form)


def _joined_as(request: HttpRequest, invited: Invitation) -> HttpResponse:
    try:
        invitations.accept_as(person_of(request.user), invited)
    except Invalid:
        return render(request, "account/invitation_closed.html", {"why": ELSEWHERE}, status=409)
    messages.success(request, f"Welcome to {invited.customer}")
    return redirect("home")


def _signed_in(request: HttpRequest, member: Membership) -> HttpResponse:
    record_authentication(request, member.user, "password")
    answer: HttpResponse = perform_login(request, member.user, redirect_url=reverse("home"))
    return answer


def _page(request: HttpRequest, invited: Invitation, form: JoinForm | None = None) -> HttpResponse:
    context: dict[str, Any] = {
        "invitation": invited,
        "role_words": ROLES[invited.role],
        "form": form or JoinForm(),
        "is_theirs": _is_theirs(request, invited),
        "has_login": invitations.has_login(invited),
        "login_url": reverse("account_login") + "?" + urlencode({"next": request.path}),
    }
    return render(request, "account/invitation.html", context)


def _is_theirs(request: HttpRequest, invited: Invitation) -> bool:
    return isinstance(request.user, User) and request.user.email == invited.email
