"""Every address of the product, by include; apps are named by string."""

from django.contrib import admin
from django.urls import include, path
from django.utils.module_loading import import_string

urlpatterns = [
    path("", include("accounts.urls")),
    path("auth/", include("accounts.urls_auth")),
    path("", include("instances.urls")),
    path("", include("tiktok.urls")),
    path("api/v1/", import_string("config.rest.api").urls),
    path("admin/", admin.site.urls),
]
handler400 = "instances.views.bad_request.bad_request"
