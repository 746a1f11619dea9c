"""The page on which every attempt to link ends: in a small window, or as a page of its own."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from tiktok.linking.attempt import LinkAttempt
from tiktok.linking.connect_links.pages import end_page
from tiktok.linking.connect_links.remembered import last_link
from tiktok.linking.outcomes import Outcome


def result_page(request: HttpRequest, outcome: Outcome, attempt: LinkAttempt | None) -> HttpResponse:
    """Success or the exact error; tells the opener the state's id and the outcome's code, never more.

    Who came by a connect link gets a page of their own, also when the state no longer says so.
    """
    link = attempt.find_link() if attempt else None if request.user.is_authenticated else last_link(request)
    if link is not None or (attempt and attempt.link):
        return end_page(request, outcome, link)
    slug = attempt.slug() if attempt else ""
    context = {
        "outcome": outcome,
        "state_id": request.GET.get("state", "")[:64],
        "back_url": reverse("tiktok:connections", args=[slug]) if slug else "/instances/",
    }
    response = render(request, "tiktok/linking/connect_result.html", context, status=400 if outcome.is_error else 200)
    response["Cache-Control"] = "no-store"
    return response
