"""What was typed survives a sign-in that ended and a CSRF token that was replaced meanwhile.

Both are told from a stranger's request by the form's own signature: only what a form of ours
carried is kept, only for the person it was rendered for, and nothing is ever saved by it.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core import signing
from django.http import HttpRequest, HttpResponse, QueryDict
from django.views.csrf import csrf_failure
from django.views.decorators.csrf import csrf_exempt
from rest_framework.authentication import CSRFCheck

from trunks.web.forms.seen import GOOD_FOR_SECONDS, SALT

View = Callable[..., HttpResponse]
KEPT = "typed"
FRAGMENT = "auth-fields/"  # below the path of the form it belongs to
LONGEST = 200_000  # characters in a session's row
SIGNED_OUT = (
    "You were signed out before this was saved. Everything typed is here: look it over, then "
    "save again."
)
OUT_OF_DATE = (
    "You signed in again meanwhile, so this page was out of date and nothing was saved. Everything "
    "typed is here: look it over, then save again."
)


def keeps_what_was_typed(view: View) -> View:
    """Checks CSRF itself, so that a form of ours that fails it is shown again instead of lost.

    The view finds in `request.typed_again` what to show again, and why; else None.
    """

    @csrf_exempt
    @wraps(view)
    def kept(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        request.typed_again = None  # type: ignore[attr-defined]
        trouble = _csrf_trouble(request) if request.method == "POST" else None
        if trouble and author_of(request.POST) != str(request.user.pk):
            return csrf_failure(request, reason=trouble)
        if trouble:
            request.typed_again = (request.POST, OUT_OF_DATE)  # type: ignore[attr-defined]
        elif request.method == "POST" and not request.user.is_authenticated:
            return _sign_in_again(request)
        elif request.method == "GET":
            request.typed_again = _take(request)  # type: ignore[attr-defined]
        return view(request, *args, **kwargs)

    return kept


def _csrf_trouble(request: HttpRequest) -> str | None:
    check = CSRFCheck(_answer)
    check.process_request(request)
    reason = check.process_view(request, _answer, (), {})
    return str(reason) if reason else None


def _answer(request: HttpRequest) -> HttpResponse:
    """Stands for the view in a check of our own: it is never called."""
    return HttpResponse()


def author_of(data: QueryDict) -> str | None:
    """The id of the person the form was rendered for, by its signature."""
    try:
        document = signing.loads(data.get("seen", ""), salt=SALT, max_age=GOOD_FOR_SECONDS)
        return str(document["user"])
    except (signing.BadSignature, ValueError, TypeError, KeyError):
        return None


def _sign_in_again(request: HttpRequest) -> HttpResponse:
    """To the door, and back to the form, even if only a part of it was asked for."""
    path = request.path.removesuffix(FRAGMENT)
    author, typed = author_of(request.POST), request.POST.urlencode()
    if author and len(typed) <= LONGEST:
        request.session[KEPT] = {"path": path, "author": author, "typed": typed}
    return redirect_to_login(path)


def _take(request: HttpRequest) -> tuple[QueryDict, str] | None:
    kept = request.session.get(KEPT)
    if not kept or kept["path"] != request.path or not request.user.is_authenticated:
        return None
    del request.session[KEPT]
    if kept["author"] != str(request.user.pk):
        return None
    return QueryDict(kept["typed"]), SIGNED_OUT
