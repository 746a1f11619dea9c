"""The callback's address; there is no sign-in with TikTok."""

from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from core.web.windows import inside_window
from tiktok.connect import outcomes
from tiktok.connect.oauth.adapter import LinkOAuth2Adapter
from tiktok.connect.result import show

_answer = OAuth2CallbackView.adapter_view(LinkOAuth2Adapter)


def no_sign_in(request: HttpRequest) -> HttpResponse:
    """Answer 404 at an address that allauth requires."""
    raise Http404


@csrf_exempt  # a POST here changes nothing; the person gets our page instead of a bare refusal
@inside_window
def callback(request: HttpRequest) -> HttpResponseBase:
    """Accept GET only, since HEAD must not exchange the code."""
    if request.method == "GET":
        answer: HttpResponseBase = _answer(request)
        return answer
    response = show(request, outcomes.fault("wrong_method"), None, status=405)
    response["Allow"] = "GET"
    return response


urlpatterns = [
    path("tiktok/login/", no_sign_in, name="tiktok_login"),
    path("tiktok/login/callback/", callback, name="tiktok_callback"),
]
