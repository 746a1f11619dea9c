"""The page on which every attempt to connect ends: in a small window, or as a page of its own.

The callback's address holds TikTok's code, so it answers with a redirect: the outcome waits in the session, and the
result can be reloaded, gone back to, and asked for once more without touching TikTok.
"""

from typing import Any, Final
from uuid import UUID

from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse

from instances.roles import Permission
from instances.scoping import instance_scope
from tiktok.accounts.app_change.queries import Question, open_questions
from tiktok.connect import outcomes
from tiktok.connect.attempt import LinkAttempt, NotAllowed
from tiktok.connect.fault_words import RETURN_WORDS
from tiktok.connect.finish import check_attempt
from tiktok.connect.links.pages import end_page
from tiktok.connect.links.remembered import last_link
from tiktok.connect.outcomes import Outcome

SESSION_KEY: Final = "tiktok_connect_results"
MOST_KEPT: Final = 10

Kept = tuple[Outcome, LinkAttempt]


def to_result(request: HttpRequest, outcome: Outcome, attempt: LinkAttempt | None) -> HttpResponseRedirect:
    """Redirect to the page with this outcome; without an attempt of ours nothing is stored but the code."""
    if attempt is not None:
        key = request.GET.get("state", "")
        _keep(request, key, outcome, attempt)
        return redirect("tiktok:connect-result", key)
    if outcome.code == "state_used":
        return redirect(reverse("tiktok:connect-result", args=[request.GET.get("state", "")]) + "?used")
    return redirect("tiktok:connect-result", outcome.code)


def _keep(request: HttpRequest, key: str, outcome: Outcome, attempt: LinkAttempt) -> None:
    """Save the outcome to the current session at once, since a second window may end at the same moment."""
    session = type(request.session)(request.session.session_key)
    with transaction.atomic():
        list(Session.objects.select_for_update().filter(pk=session.session_key))
        results = dict(session.get(SESSION_KEY, {}))
        results[key] = [outcome.as_data(), attempt.as_data()]
        session[SESSION_KEY] = dict(list(results.items())[-MOST_KEPT:])
        session.save()
    session.modified = False  # saved again with the answer, it would undo what another window has kept since
    request.session = session


def kept_result(request: HttpRequest, key: str) -> Kept | None:
    """Return how the attempt with this state ended, if it started in this session."""
    kept = request.session.get(SESSION_KEY, {}).get(key)
    outcome, attempt = (Outcome.parse(kept[0]), LinkAttempt.parse(kept[1])) if kept else (None, None)
    return (outcome, attempt) if outcome and attempt else None


def result_page(request: HttpRequest, key: str) -> HttpResponse:
    """Show success or the exact error; only the state's id and the outcome's code go to the opener."""
    outcome, attempt = kept_result(request, key) or (_said_by(key), None)
    if attempt is not None and "used" in request.GET:
        outcome = outcomes.fault("state_used")
    return show(request, outcome, attempt, state_id=key)


def show(
    request: HttpRequest, outcome: Outcome, attempt: LinkAttempt | None, *, state_id: str = "", status: int = 200
) -> HttpResponse:
    """Render the page; a person who used a connect link gets a page of their own."""
    link = attempt.find_link() if attempt else None if request.user.is_authenticated else last_link(request)
    if link is not None or (attempt and attempt.link):
        return end_page(request, outcome, link, status=status)
    slug = attempt.slug() if attempt else ""
    context: dict[str, Any] = {
        "outcome": outcome,
        "state_id": state_id,
        "slug": slug,
        "back_url": reverse("tiktok:account-list", args=[slug]) if slug else reverse("instances:instance-list"),
    }
    context |= _ways_on(request, outcome, attempt)
    context["questions"] = _questions(request, outcome, attempt)
    response = render(request, "tiktok/connect/connect_result.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _said_by(key: str) -> Outcome:
    """Return the outcome for an address without a stored result."""
    return outcomes.fault(key if key in RETURN_WORDS else "forgotten")


def _questions(request: HttpRequest, outcome: Outcome, attempt: LinkAttempt | None) -> list[Question]:
    """Return the open questions about moving an account to the new connection, for a person who may decide."""
    if attempt is None or not outcome.account:
        return []
    try:
        access = attempt.check(request.user)
    except NotAllowed:
        return []
    if not access.can(Permission.ACCOUNT_MANAGE):
        return []
    with instance_scope(access.instance):
        return open_questions(UUID(outcome.account))


def _ways_on(request: HttpRequest, outcome: Outcome, attempt: LinkAttempt | None) -> dict[str, Any]:
    """Offer another try, and the other TikTok user as a new account, to a person who may do so."""
    if attempt is None or not outcome.is_error:
        return {}
    try:
        access = check_attempt(request.user, attempt)
    except NotAllowed:
        return {}
    return {"again": attempt, "can_link_new": outcome.may_link_new and access.can(Permission.ACCOUNT_MANAGE)}
