from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs themselves up: staff are added by command, members are invited."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Whose tries are counted: behind the proxy that speaks TLS, the address it added last."""
        added = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if settings.SECURE_PROXY_SSL_HEADER and added:
            return added
        return str(super().get_client_ip(request))
