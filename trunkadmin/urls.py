from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from trunks.web import home

# Django's own admin signs in through the same door as everyone: its limits, its second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = admin.site.site_title = "trunkadmin"

urlpatterns = [
    path("", home.home, name="home"),
    path("healthz", home.healthz, name="healthz"),
    path("readyz", home.readyz, name="readyz"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("staff/", include("trunks.web.staff.urls")),
    path("api/v3/", include("trunks.api.urls")),
]
