from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from trunks.web import callbacks, home, metrics

secured_login = secure_admin_login(admin.site.login)


def admin_login(request: HttpRequest, **options: Any) -> HttpResponse:
    """Django's own admin signs in through the same door as everyone: its limits, its second
    factor. Whoever is in already and has no business here meets no form to try passwords on."""
    if request.user.is_authenticated and not admin.site.has_permission(request):
        raise PermissionDenied
    answer: HttpResponse = secured_login(request, **options)
    return answer


admin.site.login = admin_login  # type: ignore[method-assign,assignment]
admin.site.site_header = admin.site.site_title = "trunkadmin"

urlpatterns = [
    path("", home.home, name="home"),
    path("healthz", home.healthz, name="healthz"),
    path("readyz", home.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("callbacks/<int:pk>/", callbacks.callback, name="callback"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("staff/", include("trunks.web.staff.urls")),
    path("api/v3/", include("trunks.api.urls")),
]
