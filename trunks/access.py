"""An object is obtained only through a lookup that checks who asks: a stranger gets a 404."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.cache import never_cache

from trunks.domain.actor import MEMBER_ROLES, Actor, rights_of_token
from trunks.domain.units import MANAGED_BY
from trunks.models import (
    Account,
    AuditEntry,
    Batch,
    Change,
    Customer,
    Did,
    Invitation,
    Membership,
    Notice,
    RailTemplate,
    SyncRun,
    Token,
    Trunk,
    User,
)
from trunks.models.audit_entry import AuditEntryQuerySet
from trunks.models.batch import BatchQuerySet
from trunks.models.change import ChangeQuerySet
from trunks.models.did import DidQuerySet
from trunks.models.invitation import InvitationQuerySet
from trunks.models.member import MembershipQuerySet
from trunks.models.notice import NoticeQuerySet
from trunks.models.trunk import TrunkQuerySet
from trunks.services.second_factors import has_second_factor

Asker = User | AnonymousUser | Token
View = Callable[..., HttpResponse]


def actor_of(asker: Asker) -> Actor:
    """The actor that the asker is, with what it may do."""
    if isinstance(asker, Token):
        customer_id = asker.customer_id
        rights = rights_of_token(asker.scopes, of_customer=customer_id is not None)
        return Actor("token", str(asker.pk), asker.name, rights, customer_id)
    if member := membership_of(asker):
        return Actor("member", str(asker.pk), str(asker), member.rights, member.customer_id)
    permissions = asker.get_all_permissions() if is_staff(asker) else ()
    rights = frozenset(name.removeprefix("trunks.") for name in permissions)
    return Actor("staff", str(asker.pk), str(asker), rights)


def is_staff(asker: Asker) -> bool:
    return isinstance(asker, User) and asker.is_active and asker.is_staff


def membership_of(asker: Asker) -> Membership | None:
    """Whose member the asker is, and in which role; staff are nobody's."""
    if not isinstance(asker, User) or not asker.is_active or asker.is_staff:
        return None
    return getattr(asker, "membership", None)


def customer_of(asker: Asker) -> int | None:
    """The customer whose slice is all that the asker may see; None: see `_sees_all`."""
    if isinstance(asker, Token):
        return asker.customer_id
    member = membership_of(asker)
    return member.customer_id if member else None


def person_of(asker: Asker) -> User:
    """The person who asks, for what is kept by person; a 404 for anything else."""
    if not isinstance(asker, User):
        raise Http404
    return asker


def staff_required(right: str = "view_trunk") -> Callable[[View], View]:
    """Anonymous: to the login page. Not staff: 404, the page does not exist for them. Without
    the right: 403. No cache keeps the page for whoever sits down next."""

    def decorate(view: View) -> View:
        @never_cache
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not is_staff(request.user):
                raise Http404
            if lacking := second_factor_to_give(request):
                return redirect_to_login(request.get_full_path(), lacking)
            if not actor_of(request.user).may(right):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def member_required(role: str = Membership.Role.VIEWER) -> Callable[[View], View]:
    """Anonymous: to the login page. No customer's member: 404, the page does not exist for them.
    Below the role: 403. What is not their customer's the lookups below do not find."""
    least = MEMBER_ROLES[role]

    def decorate(view: View) -> View:
        @never_cache
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            member = membership_of(request.user)
            if member is None:
                raise Http404
            if not least <= member.rights:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def second_factor_to_give(request: HttpRequest) -> str:
    """Where staff who must have a second factor set one up, or show it in a session that began
    without; "" when nothing is to be done."""
    if not settings.REQUIRE_STAFF_MFA:
        return ""
    if not has_second_factor(request.user):
        return reverse("mfa_activate_totp")
    shown = get_authentication_records(request, request.user)
    if any(record.get("method") == "mfa" for record in shown):
        return ""
    return reverse("mfa_reauthenticate")


def _sees_all(asker: Asker) -> bool:
    return is_staff(asker) or (isinstance(asker, Token) and asker.customer_id is None)


def trunks_for(asker: Asker) -> TrunkQuerySet:
    if _sees_all(asker):
        return Trunk.objects.all()
    customer = customer_of(asker)
    return Trunk.objects.of_customer(customer) if customer else Trunk.objects.none()


def dids_for(asker: Asker) -> DidQuerySet:
    if _sees_all(asker):
        return Did.objects.present()
    customer = customer_of(asker)
    return Did.objects.of_customer(customer) if customer else Did.objects.none()


def links_for(asker: Asker, relation: str) -> QuerySet[Any]:
    """Which trunks list which DIDs (`dids`, `emergency_dids`), as rows of the table between them.

    For a customer: of their trunks, the DIDs that are theirs, and none while a flag of the trunk
    gives it all there are.
    """
    rows = getattr(Trunk, relation).through.objects.all()
    if _sees_all(asker):
        return rows
    theirs = rows.filter(trunk__in=trunks_for(asker), did__in=dids_for(asker))
    return theirs.exclude(**{f"trunk__{MANAGED_BY[relation]}": True})


def linked_for(asker: Asker, trunk: Trunk, relation: str) -> DidQuerySet:
    """The DIDs that a trunk lists, as far as the asker may see them."""
    rows = links_for(asker, relation).filter(trunk=trunk.pk)
    return dids_for(asker).filter(pk__in=rows.values("did_id"))


def trunks_matching(asker: Asker, text: str) -> TrunkQuerySet:
    """The asker's trunks that people would find by a text; no DID they may not see helps."""
    dids = None if _sees_all(asker) else dids_for(asker)
    return trunks_for(asker).matching(text, dids=dids)


def changes_for(asker: Asker) -> ChangeQuerySet:
    """For a customer without staff's reasons and without what is not theirs."""
    if _sees_all(asker):
        return Change.objects.all()
    customer = customer_of(asker)
    return Change.objects.of_customer(customer) if customer else Change.objects.none()


def audit_for(asker: Asker) -> AuditEntryQuerySet:
    """All of it for who answers for the house, their own acts for other staff, and for a customer
    what concerns it, without staff's reasons."""
    actor, customer = actor_of(asker), customer_of(asker)
    if not actor.may("view_auditentry"):
        return AuditEntry.objects.none()
    if customer:
        return AuditEntry.objects.of_customer(customer)
    if actor.may("change_account"):
        return AuditEntry.objects.all()
    return AuditEntry.objects.filter(actor_kind=actor.kind, actor_id=actor.id)


def customers_for(asker: Asker) -> QuerySet[Customer]:
    """For staff; a customer's own people know which one they belong to."""
    return Customer.objects.all() if is_staff(asker) else Customer.objects.none()


def templates_for(asker: Asker) -> QuerySet[RailTemplate]:
    """Of guard rails; a customer's own people know their rails, not whose else they are."""
    return RailTemplate.objects.all() if is_staff(asker) else RailTemplate.objects.none()


def members_for(asker: Asker) -> MembershipQuerySet:
    if is_staff(asker):
        return Membership.objects.all()
    if not actor_of(asker).may("view_membership"):
        return Membership.objects.none()
    return Membership.objects.filter(customer=customer_of(asker))


def invitations_for(asker: Asker) -> InvitationQuerySet:
    """What the members of a customer are, before they are."""
    if is_staff(asker):
        return Invitation.objects.all()
    if not actor_of(asker).may("view_membership"):
        return Invitation.objects.none()
    return Invitation.objects.filter(customer=customer_of(asker))


def batches_for(asker: Asker) -> BatchQuerySet:
    return Batch.objects.all() if _sees_all(asker) else Batch.objects.none()


def accounts_for(asker: Asker) -> QuerySet[Account]:
    return Account.objects.all() if _sees_all(asker) else Account.objects.none()


def syncs_for(asker: Asker) -> QuerySet[SyncRun]:
    return SyncRun.objects.all() if _sees_all(asker) else SyncRun.objects.none()


def notices_for(asker: Asker) -> NoticeQuerySet:
    """What staff are told; who has read it is kept by person."""
    return Notice.objects.all() if is_staff(asker) else Notice.objects.none()


def trunk_for(asker: Asker, pk: UUID | str) -> Trunk:
    return get_object_or_404(trunks_for(asker).select_related("account", "customer"), pk=pk)


def customer_for(asker: Asker, pk: int) -> Customer:
    return get_object_or_404(customers_for(asker).select_related("account", "rails"), pk=pk)


def template_for(asker: Asker, pk: int) -> RailTemplate:
    return get_object_or_404(templates_for(asker), pk=pk)


def member_for(asker: Asker, pk: int) -> Membership:
    return get_object_or_404(members_for(asker).select_related("user", "customer"), pk=pk)


def invitation_for(asker: Asker, pk: int) -> Invitation:
    return get_object_or_404(invitations_for(asker).select_related("customer"), pk=pk)


def change_for(asker: Asker, pk: UUID | str) -> Change:
    return get_object_or_404(changes_for(asker).select_related("account", "trunk"), pk=pk)


def batch_for(asker: Asker, pk: UUID | str) -> Batch:
    return get_object_or_404(batches_for(asker).select_related("undo_of"), pk=pk)


def account_for(asker: Asker, pk: int) -> Account:
    return get_object_or_404(accounts_for(asker), pk=pk)


def notice_for(asker: Asker, pk: int) -> Notice:
    return get_object_or_404(notices_for(asker), pk=pk)
