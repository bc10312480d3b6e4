from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from trunks import access
from trunks.domain.actor import Denied
from trunks.domain.secrets import Secret
from trunks.models import Account
from trunks.services.callbacks import callback_url, set_callback_secret
from trunks.services.errors import Invalid
from trunks.web.forms.callback_secret import CallbackSecretForm

REMOVED = "The callback secret is removed: no callback is believed any more."
SET = "The callback secret is set: callbacks signed with it are believed from now on."


@access.staff_required("change_account")
@require_http_methods(["GET", "POST"])
def account_callback_secret(request: HttpRequest, pk: int) -> HttpResponse:
    """Set, replace or remove the secret that upstream signs its callbacks with."""
    account = access.account_for(request.user, pk)
    form = CallbackSecretForm(request.POST if request.method == "POST" else None)
    if "remove" in form.data:
        return _save(request, account, None)
    if form.is_valid():
        try:
            return _save(request, account, Secret(form.cleaned_data["callback_secret"]))
        except Invalid as error:
            form.add_error("callback_secret", error.problems[0].sentence)
    context = {
        "account": account,
        "form": form,
        "has_secret": account.callback_secret is not None,
        "url": callback_url(account),
        "crumbs": _crumbs(account),
    }
    return render(request, "staff/accounts/callback_secret.html", context)


def _save(request: HttpRequest, account: Account, secret: Secret | None) -> HttpResponse:
    try:
        set_callback_secret(account, secret, actor=access.actor_of(request.user))
    except Denied as error:
        raise PermissionDenied(str(error)) from error
    messages.success(request, REMOVED if secret is None else SET)
    return redirect("staff:account-detail", account.pk)


def _crumbs(account: Account) -> list[dict[str, str]]:
    return [
        {"label": "Accounts", "url": reverse("staff:account-list")},
        {"label": account.name, "url": reverse("staff:account-detail", args=[account.pk])},
    ]
