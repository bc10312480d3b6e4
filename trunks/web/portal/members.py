"""A customer's own people: its owners invite them, say what they may do, and take them out."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from trunks import access
from trunks.models import Membership
from trunks.services import invitations, members
from trunks.services.errors import Invalid
from trunks.web.portal.railed import customer_of

ROLES = (
    ("viewer", "Viewer: sees everything of yours, changes nothing"),
    ("operator", "Operator: changes trunks within what is agreed for you"),
    ("owner", "Owner: the same, and decides who else is here"),
)


class InviteForm(forms.Form):
    email = forms.CharField(
        label="E-mail address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(label="May do", choices=ROLES, initial="viewer")


class RoleForm(forms.Form):
    role = forms.ChoiceField(
        choices=[(key, key.capitalize()) for key, _ in ROLES],
        widget=forms.Select(attrs={"class": "input"}),
    )


@access.member_required("owner")
@require_http_methods(["GET", "HEAD", "POST"])
def member_list(request: HttpRequest) -> HttpResponse:
    """Who is here and who is invited; a POST invites somebody."""
    form = InviteForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and _invited(request, form):
        return redirect("portal:member-list")
    return render(request, "portal/members/list.html", _context(request, form))


def _invited(request: HttpRequest, form: InviteForm) -> bool:
    email, role = form.cleaned_data["email"], form.cleaned_data["role"]
    actor = access.actor_of(request.user)
    try:
        invited = invitations.invite(email, customer_of(request.user), role, actor=actor)
    except Invalid as error:
        for problem in error.problems:
            form.add_error(problem.unit if problem.unit in form.fields else None, problem.sentence)
        return False
    messages.success(request, f"A link is on its way to {invited.email}. It works for 7 days.")
    return True


def _context(request: HttpRequest, form: InviteForm) -> dict[str, Any]:
    people = access.members_for(request.user).select_related("user")
    open_ = access.invitations_for(request.user).open(timezone.now())
    return {
        "form": form,
        "members": [_row(request, member) for member in people],
        "invitations": list(open_),
        "customer": customer_of(request.user),
    }


def _row(request: HttpRequest, member: Membership) -> dict[str, Any]:
    return {
        "pk": member.pk,
        "name": str(member.user),
        "email": member.user.email,
        "role": member.get_role_display(),
        "form": RoleForm(initial={"role": member.role}, auto_id=f"id_{member.pk}_%s"),
        "is_me": member.user_id == request.user.pk,
        "since": member.created_at,
    }


@access.member_required("owner")
@require_POST
def member_role(request: HttpRequest, pk: int) -> HttpResponse:
    member = access.member_for(request.user, pk)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose viewer, operator or owner.")
        return redirect("portal:member-list")
    try:
        members.change_role(member, form.cleaned_data["role"], actor=access.actor_of(request.user))
    except Invalid as error:
        _say(request, member, error)
    else:
        messages.success(request, f"{member} is {member.get_role_display().lower()} now.")
    is_me = member.user_id == request.user.pk
    left = is_me and member.role != Membership.Role.OWNER
    return redirect("portal:home" if left else "portal:member-list")


@access.member_required("owner")
@require_http_methods(["GET", "HEAD", "POST"])
def member_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks once, then takes the person out at once."""
    member = access.member_for(request.user, pk)
    if request.method != "POST":
        is_me = member.user_id == request.user.pk
        return render(request, "portal/members/remove.html", {"member": member, "is_me": is_me})
    try:
        members.remove_member(member, actor=access.actor_of(request.user))
    except Invalid as error:
        _say(request, member, error)
    else:
        messages.success(request, f"{member} is out.")
    return redirect("portal:member-list" if member.user_id != request.user.pk else "home")


@access.member_required("owner")
@require_POST
def invitation_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    invited = access.invitation_for(request.user, pk)
    invitations.revoke(invited, actor=access.actor_of(request.user))
    messages.success(request, f"The link for {invited.email} no longer works.")
    return redirect("portal:member-list")


def _say(request: HttpRequest, member: Membership, error: Invalid) -> None:
    messages.error(request, " ".join(f"{member} {p.message}." for p in error.problems))
