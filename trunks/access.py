"""An object is obtained only through a lookup that checks who asks: a stranger gets a 404."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache

from trunks.domain.actor import SCOPE_RIGHTS, Actor
from trunks.models import Account, Batch, Change, Did, Notice, SyncRun, Token, Trunk, User
from trunks.models.batch import BatchQuerySet
from trunks.models.change import ChangeQuerySet
from trunks.models.did import DidQuerySet
from trunks.models.notice import NoticeQuerySet
from trunks.models.trunk import TrunkQuerySet

Asker = User | AnonymousUser | Token
View = Callable[..., HttpResponse]


def actor_of(asker: Asker) -> Actor:
    """The actor that the asker is, with what it may do."""
    if isinstance(asker, Token):
        rights = frozenset[str]().union(*(SCOPE_RIGHTS[scope] for scope in asker.scopes))
        return Actor("token", str(asker.pk), asker.name, rights)
    permissions = asker.get_all_permissions() if is_staff(asker) else ()
    rights = frozenset(name.removeprefix("trunks.") for name in permissions)
    return Actor("staff", str(asker.pk), str(asker), rights)


def is_staff(asker: Asker) -> bool:
    return isinstance(asker, User) and asker.is_active and asker.is_staff


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
            if not actor_of(request.user).may(right):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def _sees_all(asker: Asker) -> bool:
    return is_staff(asker) or (isinstance(asker, Token) and asker.customer_id is None)


def trunks_for(asker: Asker) -> TrunkQuerySet:
    return Trunk.objects.all() if _sees_all(asker) else Trunk.objects.none()


def dids_for(asker: Asker) -> DidQuerySet:
    return Did.objects.present() if _sees_all(asker) else Did.objects.none()


def changes_for(asker: Asker) -> ChangeQuerySet:
    return Change.objects.all() if _sees_all(asker) else Change.objects.none()


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


def change_for(asker: Asker, pk: UUID | str) -> Change:
    return get_object_or_404(changes_for(asker).select_related("account", "trunk"), pk=pk)


def batch_for(asker: Asker, pk: UUID | str) -> Batch:
    return get_object_or_404(batches_for(asker).select_related("undo_of"), pk=pk)


def account_for(asker: Asker, pk: int) -> Account:
    return get_object_or_404(accounts_for(asker), pk=pk)


def notice_for(asker: Asker, pk: int) -> Notice:
    return get_object_or_404(notices_for(asker), pk=pk)
