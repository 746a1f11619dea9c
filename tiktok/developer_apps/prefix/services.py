"""Set up the URL prefix of a TikTok app, and choose how its videos get to TikTok."""

from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.audit import record
from accounts.models import User
from tiktok.api.guarded import SYSTEM, Network
from tiktok.developer_apps.prefix.check import find_problem
from tiktok.developer_apps.prefix.problems import PrefixProblem
from tiktok.developer_apps.prefix.rules import VerificationFile
from tiktok.models import MediaSource, TikTokApp

CAN_PULL: Final = Q(prefix_checked_at__isnull=False, prefix_problem="") & ~Q(url_prefix="")


class PrefixNotReady(Exception):
    """TikTok cannot download from here, so the app's videos have to be uploaded."""


def expected_prefix() -> str:
    """Return the prefix below which Clipdesk serves media and verification files; ends with a slash."""
    return settings.BASE_URL + reverse("tiktok:media-download", args=["-"]).removesuffix("-")


def stored_file(app: TikTokApp) -> VerificationFile | None:
    """Return the verification file that is served for the app."""
    if not app.verification_file:
        return None
    return VerificationFile(app.verification_file, app.verification_content)


def store_verification_file(app: TikTokApp, file: VerificationFile, *, actor: User | None) -> None:
    """Serve this file at the prefix from now on. TikTok downloads nothing until ``check_prefix`` has passed."""
    changes: dict[str, Any] = {
        "url_prefix": expected_prefix(),
        "verification_file": file.name,
        "verification_content": file.content,
        "prefix_checked_at": None,
        "prefix_problem": "",
    }
    with transaction.atomic():
        TikTokApp.objects.filter(pk=app.pk).update(**changes)
        _record("tiktok_app.prefix_changed", app, actor, prefix=expected_prefix())
    app.refresh_from_db()


def check_prefix(app: TikTokApp, *, network: Network = SYSTEM) -> None:
    """Request the app's verification file from outside and store the result; also takes over a changed BASE_URL.

    A file that was replaced during the request keeps its own result.
    """
    file = stored_file(app)
    if file is None:
        return
    prefix = expected_prefix()
    problem = find_problem(prefix, file, network=network)
    same_file = TikTokApp.objects.filter(pk=app.pk, verification_file=file.name)
    same_file.update(url_prefix=prefix, prefix_checked_at=timezone.now(), prefix_problem=problem or "")
    app.refresh_from_db()


def set_video_transfer(app: TikTokApp, transfer: MediaSource, *, actor: User | None) -> bool:
    """Choose how videos get to TikTok; return whether that is a change. Posts that have started keep their way.

    Raises PrefixNotReady if that would change to downloads while TikTok cannot download.
    """
    allowed = CAN_PULL if transfer == MediaSource.PULL_FROM_URL else Q()
    with transaction.atomic():
        others = TikTokApp.objects.filter(allowed, pk=app.pk).exclude(video_transfer=transfer)
        if is_changed := bool(others.update(video_transfer=transfer)):
            _record("tiktok_app.video_transfer_changed", app, actor, transfer=transfer.value)
    app.refresh_from_db()
    if app.video_transfer != transfer:
        raise PrefixNotReady
    return is_changed


def note_ownership_refused(app: TikTokApp) -> bool:
    """Record that TikTok refused a download since it has not verified the prefix; return whether that is news.

    Until a check has passed, photos fail without asking TikTok, and videos are uploaded.
    """
    refused = PrefixProblem.REFUSED_BY_TIKTOK
    return bool(TikTokApp.objects.filter(pk=app.pk).exclude(prefix_problem=refused).update(prefix_problem=refused))


def _record(action: str, app: TikTokApp, actor: User | None, **detail: Any) -> None:
    if app.tenant:
        record(action, tenant=app.tenant, actor=actor, target=app, name=app.name, by_staff=actor is not None, **detail)
