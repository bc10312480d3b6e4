from django.urls import path

from trunks.web.portal import home

app_name = "portal"
urlpatterns = [
    path("", home.home, name="home"),
]
