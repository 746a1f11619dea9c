"""Every address of the product, by include; apps are named by string."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("accounts.urls")),
    path("auth/", include("accounts.urls_auth")),
    path("", include("instances.urls")),
    path("", include("tiktok.urls")),
    path("api/v1/", include(("tiktok.rest", "ninja"), namespace="api-1")),
    path("admin/", admin.site.urls),
]
handler400 = "core.web.bad_request.bad_request"
