"""TikTok's way back. Only the callback: nobody signs in by TikTok."""

from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path

from tiktok.linking.oauth.adapter import LinkOAuth2Adapter


def no_sign_in(request: HttpRequest) -> HttpResponse:
    """allauth names this address; it does not exist."""
    raise Http404


urlpatterns = [
    path("tiktok/login/", no_sign_in, name="tiktok_login"),
    path("tiktok/login/callback/", OAuth2CallbackView.adapter_view(LinkOAuth2Adapter), name="tiktok_callback"),
]
