import logging
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest

from trunks.services.second_factors import has_second_factor
from trunks.web.second_factor import began_just_now

log = logging.getLogger("trunks.sign_in")


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs themselves up: staff are added by command, members are invited."""

    def is_reauthentication_required(self, *, app: str, **more: Any) -> bool:
        """Who has just signed in, and is led to set up the second factor they lack, is not asked
        for the password at once again."""
        if app == "allauth.mfa" and began_just_now(self.request):
            return has_second_factor(self.request.user)
        return bool(super().is_reauthentication_required(app=app, **more))

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A mail that cannot leave stops nobody: whether one does must not show who has a login."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException):
            log.exception("a mail could not be sent: %s", template_prefix)

    def get_client_ip(self, request: HttpRequest) -> str:
        """Whose tries are counted: behind the proxy that speaks TLS, the address it added last."""
        added = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if settings.SECURE_PROXY_SSL_HEADER and added:
            return added
        return str(super().get_client_ip(request))
