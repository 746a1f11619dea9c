"""The state of an app's URL prefix, in words: for its page, the set-up guide and the doctor."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from core.doctor.finding import Finding, good, warning
from core.doctor.run import CheckContext
from tiktok.developer_apps.prefix.check import find_problem, obstacle_of
from tiktok.developer_apps.prefix.problems import Explanation, PrefixProblem, explain
from tiktok.developer_apps.prefix.services import expected_prefix, stored_file
from tiktok.models import MediaSource, TikTokApp

PREFIX: Final = "url-prefix"


@dataclass(frozen=True, slots=True)
class Standing:
    """At most one of ``obstacle`` and ``problem`` is set; ``has_moved``: BASE_URL changed since the last check."""

    prefix: str
    file_url: str
    obstacle: Explanation | None
    problem: Explanation | None
    has_moved: bool


def standing_of(app: TikTokApp) -> Standing:
    """Return what the database and the settings say; nothing is requested."""
    prefix, file = expected_prefix(), stored_file(app)
    file_url = prefix + file.name if file else ""
    if fault := obstacle_of(prefix):
        return Standing(prefix, file_url, explain(fault, url=prefix), None, has_moved=False)
    problem = _words(app.prefix_problem, file_url or prefix)
    return Standing(prefix, file_url, None, problem, has_moved=bool(file) and app.url_prefix != prefix)


def _words(code: str, url: str) -> Explanation | None:
    if not code:
        return None
    return explain(PrefixProblem(code), url=url)


def url_prefix(app: TikTokApp, context: CheckContext) -> Iterable[Finding]:
    """Report whether TikTok can download from here. Without a prefix that is information: videos are uploaded."""
    standing, file = standing_of(app), stored_file(app)
    if standing.obstacle:
        text = _("%(why)s Videos are uploaded instead; photos can’t be published.")
        return [good(PREFIX, text % {"why": standing.obstacle.text}, subject=app.name)]
    if file is None:
        return [good(PREFIX, _without_prefix(), subject=app.name)]
    if standing.has_moved:
        text = _("BASE_URL has changed: the URL prefix is %(new)s now, and TikTok knows %(old)s.")
        text %= {"new": standing.prefix, "old": app.url_prefix}
        step = _("Verify the new prefix at TikTok. Then check it on the app’s page “URL prefix” in Administration.")
        return [warning(PREFIX, text, step, subject=app.name)]
    if app.prefix_checked_at is None:
        text = _("The URL prefix has not been checked, so photos can’t be published.")
        return [warning(PREFIX, text, _check_step(), subject=app.name)]
    problem = standing.problem
    if context.is_online and app.prefix_problem != PrefixProblem.REFUSED_BY_TIKTOK:
        found = find_problem(standing.prefix, file)
        if found is None and problem:
            text = _("The URL prefix can be reached again, but its last recorded check failed.")
            return [warning(PREFIX, text, _check_step(), subject=app.name)]
        problem = explain(found, url=standing.file_url) if found else None
    if problem:
        return [warning(PREFIX, _with_effect(app, problem.text), problem.step, subject=app.name)]
    return [_works(app, standing)]


def _with_effect(app: TikTokApp, text: str) -> str:
    if app.video_transfer == MediaSource.PULL_FROM_URL:
        effect = _("%(why)s Photos can’t be published, and Clipdesk uploads videos until a check has passed.")
    else:
        effect = _("%(why)s Photos can’t be published.")
    return effect % {"why": text}


def _works(app: TikTokApp, standing: Standing) -> Finding:
    at = f"{app.prefix_checked_at:%Y-%m-%d %H:%M}"
    text = _("TikTok can download from %(prefix)s, as far as Clipdesk can tell (checked %(when)s UTC).")
    return good(PREFIX, text % {"prefix": standing.prefix, "when": at}, subject=app.name)


def _without_prefix() -> str:
    return _(
        "No URL prefix is set up for this app. Videos are uploaded; photos can’t be published until TikTok has"
        " verified a prefix (Set-up guide in Administration)."
    )


def _check_step() -> str:
    return _("Open the app’s page “URL prefix” in Administration and check it.")
