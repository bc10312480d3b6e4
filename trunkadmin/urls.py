from typing import Any

from allauth.account.decorators import secure_admin_login
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from trunks.access import second_factor_to_give
from trunks.admin import superusers_only
from trunks.web import callbacks, home, invitations, metrics, second_factor

secured_login = secure_admin_login(admin.site.login)


def admin_login(request: HttpRequest, **options: Any) -> HttpResponse:
    """Django's own admin signs in through the same door as everyone: its limits, its second
    factor. Whoever is in already and has no business here meets no form to try passwords on."""
    if superusers_only(request) and (lacking := second_factor_to_give(request)):
        return redirect_to_login(request.get_full_path(), lacking)
    if request.user.is_authenticated and not admin.site.has_permission(request):
        raise PermissionDenied
    answer: HttpResponse = secured_login(request, **options)
    return answer


# Keys of sessions and secrets of second factors: nobody's to look at.
admin.site.unregister([Authenticator, UserSession])
admin.site.login = admin_login  # type: ignore[method-assign,assignment]
admin.site.site_header = admin.site.site_title = "trunkadmin"

urlpatterns = [
    path("", home.home, name="home"),
    path("healthz", home.healthz, name="healthz"),
    path("readyz", home.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("callbacks/<int:pk>/", callbacks.callback, name="callback"),
    path("accounts/2fa/totp/activate/", second_factor.set_up, name="mfa_activate_totp"),
    path(
        "accounts/2fa/recovery-codes/",
        second_factor.recovery_codes,
        name="mfa_view_recovery_codes",
    ),
    path("accounts/invitation/<str:secret>/", invitations.invitation, name="invitation"),
    path("accounts/2fa/totp/qr.svg", second_factor.qr_code, name="mfa_qr_code"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("staff/", include("trunks.web.staff.urls")),
    path("portal/", include("trunks.web.portal.urls")),
    path("api/v3/", include("trunks.api.urls")),
]
