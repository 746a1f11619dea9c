"""The answer to a request that Django refuses to read: 413 if it is too large, otherwise 400."""

from http import HTTPStatus

from django.core.exceptions import DisallowedHost, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django.views import defaults

from core.web.problems import API_PREFIX, problem_response

TOO_LARGE = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)


WRONG_HOST = _("Send requests to the host and port of this installation’s own address.")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer 413 where Django answers 400 for both; under the API with a problem."""
    is_too_large = isinstance(exception, TOO_LARGE)
    if request.path_info.startswith(API_PREFIX):
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE if is_too_large else HTTPStatus.BAD_REQUEST
        return problem_response(status, detail=WRONG_HOST if isinstance(exception, DisallowedHost) else "")
    if is_too_large:
        return HttpResponse(render_to_string("413.html"), status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return defaults.bad_request(request, exception)
