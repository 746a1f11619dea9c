"""Sign-in, two-factor and sessions: allauth's views under /auth/, without its pages for sign-in by a third party."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path, re_path

from accounts import email_views, views


def not_here(request: HttpRequest) -> HttpResponse:
    """Answer 404 for allauth's third-party pages: people do not sign in with TikTok."""
    raise Http404


urlpatterns = [
    re_path(r"^(?:3rdparty|social)/", not_here),
    path("2fa/recovery-codes/", views.recovery_codes, name="mfa_view_recovery_codes"),
    path("2fa/recovery-codes/download/", views.recovery_codes_file, name="mfa_download_recovery_codes"),
    path("confirm-email/", email_views.confirmation_sent, name="account_email_verification_sent"),
    path("email/", email_views.email, name="account_email"),
    path("sessions/", views.sessions, name="usersessions_list"),
    path("", include("allauth.urls")),
]
