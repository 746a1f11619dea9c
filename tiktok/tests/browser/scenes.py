"""Posts that are stuck or have failed, one for each code, brought there by the worker's own steps."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from core.jobs.clock import read_db_now
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.access import throttle
from tiktok.access.tokens import RefreshUnderWay
from tiktok.api.errors import ConnectionFailed, InvalidClient, InvalidInput, OperatorFault
from tiktok.api.limits import Endpoint
from tiktok.delivery.claims import claim, release
from tiktok.delivery.faults import Fault, end_for, hold_for
from tiktok.delivery.step import Step
from tiktok.models import AccountStatus, EventCause, Media, Person, Post, PostState, Submission, TikTokAccount
from tiktok.models.states import AttentionReason
from tiktok.posts.queue import INSTANCE_BUSY, OTHER_UPLOAD
from tiktok.tests.fixtures_posts import Submit, Worker
from tiktok.tests.simulator_process import Simulator

HOUR: Final = 3600
LOG_ID: Final = "20261121150000A1B2C3"


@dataclass
class Scene:
    """Tools and data that each case uses."""

    instance: Instance
    submit: Submit
    worker: Worker
    tiktok: Simulator
    video: Media
    options: dict[str, Any] = field(default_factory=dict)

    def post(self) -> Post:
        return self.submit(privacy_level="SELF_ONLY", **self.options)

    def step(self, work: Callable[[Step], object]) -> Post:
        """One step of a due post whose call had this outcome."""
        post = self.post()
        claimed = claim(post.pk)
        assert claimed is not None
        with instance_scope(self.instance):
            work(Step(claimed, threading.Event()))
        release(claimed.held, None)
        return post


Bring = Callable[[Scene], Post]


def refused(endpoint: str, code: str, http: int = 403, run_s: float = 0) -> Bring:
    """TikTok answers so whenever it is asked."""

    def bring(scene: Scene) -> Post:
        post = scene.post()
        scene.tiktok.fault("error", endpoint, code=code, status=http, times=-1)
        scene.worker.run_for(run_s)
        return post

    return bring


def faulty(fault: str, endpoint: str, run_s: float = 0, **details: Any) -> Bring:
    def bring(scene: Scene) -> Post:
        post = scene.post()
        scene.tiktok.fault(fault, endpoint, **{"times": -1, **details})
        scene.worker.run_for(run_s)
        return post

    return bring


def failing(reason: str) -> Bring:
    """Taken whole, then FAILED."""
    return faulty("fail_reason", "", 25, reason=reason)


def held(fault: Fault) -> Bring:
    return lambda scene: scene.step(lambda step: hold_for(step, fault))


def ended(fault: Fault) -> Bring:
    return lambda scene: scene.step(lambda step: end_for(step, fault))


def waiting(reason: str) -> Bring:
    return lambda scene: scene.step(lambda step: step.hold(reason, 3))


def rate(scene: Scene) -> Post:
    return held(throttle.RateHeld(Endpoint.VIDEO_INIT, read_db_now() + timedelta(seconds=30)))(scene)


def revoked(scene: Scene) -> Post:
    post = scene.post()
    scene.tiktok.revoke("maren")
    scene.tiktok.expire_token("maren")
    scene.worker.run_due()
    return post


def revoked_meanwhile(scene: Scene) -> Post:
    post = scene.post()
    scene.tiktok.fault("hold")
    scene.worker.run_due()
    scene.tiktok.revoke("maren")
    scene.worker.run_for(30)
    return post


def disconnected(scene: Scene) -> Post:
    post = scene.post()
    with instance_scope(scene.instance):
        TikTokAccount.objects.update(status=AccountStatus.DISCONNECTED)
    scene.worker.run_due()
    return post


def came_back_late(scene: Scene) -> Post:
    post = disconnected(scene)
    scene.worker.clock.advance(7 * HOUR)
    with instance_scope(scene.instance):
        TikTokAccount.objects.update(status=AccountStatus.ACTIVE)
    scene.worker.run_due()
    return post


def missed(scene: Scene) -> Post:
    post = scene.post()
    scene.worker.clock.advance(7 * HOUR)
    scene.worker.run_due()
    return post


def media_changed(scene: Scene) -> Post:
    post = scene.post()
    scene.video.file.write_bytes(b"x" * scene.video.size_bytes)
    scene.worker.run_due()
    return post


def options_gone(scene: Scene) -> Post:
    scene.options = {"allow_comment": True}
    post = scene.post()
    scene.tiktok.create_user("maren", comment_disabled=True)
    scene.worker.run_due()
    return post


def no_last_word(scene: Scene) -> Post:
    post = scene.post()
    scene.tiktok.fault("hold")
    scene.worker.be_off_for(25 * HOUR)
    scene.worker.run_due()
    return post


def unreadable(scene: Scene) -> Post:
    post = scene.post()
    scene.tiktok.fault("error", "upload", status=503)
    scene.worker.run_due()
    with instance_scope(scene.instance):
        sealed = Submission.objects.get().upload_url_sealed  # type: ignore[attr-defined]
        Submission.objects.update(upload_url=type(sealed)("lost-key:" + sealed.text.partition(":")[2]))
    scene.worker.run_for(60)
    return post


def quarantined(scene: Scene) -> Post:
    post = scene.post()
    with instance_scope(scene.instance):
        post.transition(
            PostState.NEEDS_ATTENTION, cause=EventCause.QUARANTINE, by=Person(), reason=AttentionReason.QUARANTINED,
            due_at=None,
        )  # fmt: skip
    return post


CASES: Final[dict[str, Bring]] = {
    # TikTok's refusals at the start
    "spam_risk_too_many_posts": refused("creator_info", "spam_risk_too_many_posts", 200),
    "spam_risk_user_banned_from_posting": refused("creator_info", "spam_risk_user_banned_from_posting", 200),
    "reached_active_user_cap": refused("video_init", "reached_active_user_cap"),
    "spam_risk_too_many_pending_share": refused("video_init", "spam_risk_too_many_pending_share"),
    "access_token_invalid": refused("creator_info", "access_token_invalid", 401),
    "scope_not_authorized": refused("video_init", "scope_not_authorized", 401),
    "rate_limit_exceeded": refused("video_init", "rate_limit_exceeded", 429),
    "internal_error": refused("video_init", "internal_error", 500),
    "invalid_params": refused("video_init", "invalid_params", 400),
    "invalid_file_upload": refused("video_init", "invalid_file_upload", 400),
    "unaudited": refused("video_init", "unaudited_client_can_only_post_to_private_accounts"),
    "privacy_level_option_mismatch": refused("video_init", "privacy_level_option_mismatch"),
    "spam_risk": refused("video_init", "spam_risk"),
    "a_new_code": refused("video_init", "a_new_code"),
    "invalid_client": held(InvalidClient("invalid_client", log_id=LOG_ID)),
    "invalid_request": ended(OperatorFault("invalid_request", log_id=LOG_ID)),
    # what only pull and photos meet
    "url_ownership_unverified": ended(OperatorFault("url_ownership_unverified", log_id=LOG_ID)),
    "app_version_check_failed": ended(InvalidInput("app_version_check_failed", log_id=LOG_ID)),
    "publish_not_cancellable": ended(InvalidInput("publish_not_cancellable", log_id=LOG_ID)),
    "video_pull_failed": failing("video_pull_failed"),
    "photo_pull_failed": failing("photo_pull_failed"),
    # FAILED
    "file_format_check_failed": failing("file_format_check_failed"),
    "duration_check_failed": failing("duration_check_failed"),
    "frame_rate_check_failed": failing("frame_rate_check_failed"),
    "picture_size_check_failed": failing("picture_size_check_failed"),
    "internal": failing("internal"),
    "publish_cancelled": failing("publish_cancelled"),
    "auth_removed": failing("auth_removed"),
    "spam_risk_text": failing("spam_risk_text"),
    "fail_reason-too_many_posts": failing("spam_risk_too_many_posts"),
    "fail_reason-new": failing("a_new_reason"),
    # while TikTok is asked
    "asking-invalid_publish_id": refused("status", "invalid_publish_id", 400, 60),
    "asking-other_account": refused("status", "token_not_authorized_for_specified_publish_id", 400, 60),
    "asking-scope_not_authorized": refused("status", "scope_not_authorized", 401, 60),
    "asking-rate_limit_exceeded": refused("status", "rate_limit_exceeded", 429, 30),
    "asking-internal_error": refused("status", "internal_error", 500, 60),
    "asking-page": faulty("html_error", "status", 60),
    "asking-a_new_code": refused("status", "a_new_code", 400, 60),
    "asking-reconnect_needed": revoked_meanwhile,
    # the line and the upload
    "connection-failed": held(ConnectionFailed("connection-failed")),
    "answer-lost": faulty("lost_answer", "creator_info"),
    "unreadable-answer": faulty("raw_body", "creator_info", message="{"),
    "upload_interrupted": faulty("error", "upload", status=503),
    "upload_refused": faulty("error", "upload", 600, status=416),
    "upload_unreadable": unreadable,
    "bytes_missing": faulty("error", "upload", 600, status=404, last_chunk=True),
    "bug": faulty("error", "upload", status=400),
    # ours
    OTHER_UPLOAD: waiting(OTHER_UPLOAD),
    INSTANCE_BUSY: waiting(INSTANCE_BUSY),
    "rate": rate,
    "refresh": held(RefreshUnderWay("")),
    "init_limit": faulty("server_error", "video_init", 6 * HOUR),
    "reconnect_needed": revoked,
    "account_disconnected": disconnected,
    "account_was_away": came_back_late,
    "missed": missed,
    "media_changed": media_changed,
    "options_changed": options_gone,
    "outcome_unknown": no_last_word,
    "quarantined": quarantined,
}
