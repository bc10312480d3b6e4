"""Who asks: a token, in one of two headers. A browser's session never counts here."""

from typing import Any

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from trunks.api import errors
from trunks.models import Token
from trunks.services.tokens import find_token


class TokenAuthentication(BaseAuthentication):
    """`Api-Key: TOKEN`, as upstream, or `Authorization: Bearer TOKEN`."""

    def authenticate(self, request: Request) -> tuple[None, Token] | None:
        text = presented(request._request)
        if text is None:
            return None
        token = find_token(text)
        if token is None:
            raise AuthenticationFailed
        return None, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def presented(request: HttpRequest) -> str | None:
    """What was given as a token, if anything was."""
    if key := request.headers.get("Api-Key"):
        return key.strip()
    scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else None


class HasScope(BasePermission):
    """Reading needs `read`, writing `write`. What a view does not do at all is a 405 first."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, Token):
            return False
        method = request.method or ""
        if method not in view.allowed_methods:
            raise errors.method_not_allowed(method)
        scope = "read" if method in SAFE_METHODS else "write"
        if not request.auth.has_scope(scope):
            raise errors.scope_missing(scope)
        return True
