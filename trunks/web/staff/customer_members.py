"""Who belongs to a customer: invited, given another role, removed; by administrators."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from trunks import access
from trunks.domain.problems import Invalid
from trunks.services.invitations import invite, revoke
from trunks.services.members import change_role, remove_member
from trunks.web.forms.complaints import complain
from trunks.web.forms.customers import InviteForm, RoleForm
from trunks.web.staff.customer_detail import customer_page
from trunks.web.words import sentence


@access.staff_required("change_membership")
@require_POST
def customer_invite(request: HttpRequest, pk: int) -> HttpResponse:
    customer = access.customer_for(request.user, pk)
    form = InviteForm(request.POST)
    if form.is_valid():
        try:
            invited = invite(**form.cleaned_data, customer=customer, actor=_actor(request))
        except Invalid as error:
            complain(form, error)
        else:
            messages.success(request, f"Invited {invited.email}. The link works once, for a week.")
            return _back(customer.pk)
    return customer_page(request, customer, form)


@access.staff_required("change_membership")
@require_POST
def member_role(request: HttpRequest, pk: int) -> HttpResponse:
    member = access.member_for(request.user, pk)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose a role: nothing was changed.")
        return _back(member.customer_id)
    try:
        change_role(member, form.cleaned_data["role"], actor=_actor(request))
    except Invalid as error:
        _say(request, error)
    else:
        messages.success(request, f"{member} is {member.get_role_display().lower()} now.")
    return _back(member.customer_id)


@access.staff_required("change_membership")
@require_POST
def member_remove(request: HttpRequest, pk: int) -> HttpResponse:
    member = access.member_for(request.user, pk)
    customer_id, name = member.customer_id, str(member)
    try:
        remove_member(member, actor=_actor(request))
    except Invalid as error:
        _say(request, error)
    else:
        messages.success(request, f"{name} was removed and signed out everywhere.")
    return _back(customer_id)


@access.staff_required("change_membership")
@require_POST
def invitation_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    invitation = access.invitation_for(request.user, pk)
    revoke(invitation, actor=_actor(request))
    messages.success(request, f"The link sent to {invitation.email} no longer works.")
    return _back(invitation.customer_id)


def _actor(request: HttpRequest) -> access.Actor:
    return access.actor_of(request.user)


def _say(request: HttpRequest, error: Invalid) -> None:
    for problem in error.problems:
        messages.error(request, sentence(f"{problem.unit} {problem.message}"))


def _back(customer_id: int) -> HttpResponse:
    return redirect(f"{reverse('staff:customer-detail', args=[customer_id])}#members")
