"""The second factor: its secrets sealed, its QR code from a URL of its own (the policy of these
pages allows no `data:` images), and a set-up that counts as shown in the session that made it."""

import time
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import view_recovery_codes
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from allauth.mfa.totp.views import ActivateTOTPView
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from trunks.access import is_staff, person_of
from trunks.domain.secrets import Sealed, Secret
from trunks.models.fields import current_seal
from trunks.services.sessions import end_sessions


class SecondFactorAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return current_seal().close(Secret(text)).ciphertext

    def decrypt(self, encrypted_text: str) -> str:
        return current_seal().open(Sealed(encrypted_text)).clear


class SetUp(ActivateTOTPView):
    """Sessions that began without the second factor end with its set-up, but for this one."""

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        context: dict[str, Any] = super(ActivateTOTPView, self).get_context_data(**more)
        is_required = settings.REQUIRE_STAFF_MFA and is_staff(self.request.user)
        secret = in_fours(context["form"].secret)
        return {**context, "secret": secret, "is_required": is_required}

    def form_valid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = super().form_valid(form)
        user = person_of(self.request.user)
        kind = Authenticator.Type.TOTP
        record_authentication(self.request, user, "mfa", type=kind, reauthenticated=True)
        end_sessions(user, but=self.request.session.session_key)
        return answer


set_up = never_cache(login_required(SetUp.as_view()))
recovery_codes = never_cache(view_recovery_codes)


@require_safe
@never_cache
@login_required
def qr_code(request: HttpRequest) -> HttpResponse:
    """The QR code of the set-up that this session is in the middle of."""
    secret = request.session.get(SECRET_SESSION_KEY)
    if not secret:
        raise Http404
    adapter = SecondFactorAdapter()
    svg = adapter.build_totp_svg(adapter.build_totp_url(request.user, secret))
    return HttpResponse(svg, content_type="image/svg+xml")


def in_fours(secret: str) -> str:
    """To be read and typed."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def began_just_now(request: HttpRequest) -> bool:
    """Whether the password was given in this session within the time that it holds for."""
    records = get_authentication_records(request, request.user)
    newest = max((r["at"] for r in records if r.get("method") == "password"), default=0.0)
    return time.time() - newest < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
