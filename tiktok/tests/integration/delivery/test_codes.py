"""Every code that TikTok documents, at every call: what becomes of the post, and what people read."""

import logging

import pytest

from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.models import Media, Post, PostState, Submission, TikTokApp, TikTokCredential
from tiktok.posts.wording.codes import explain_post, tiktok_code_of
from tiktok.tests.factories import make_media
from tiktok.tests.fixtures_posts import Submit, Worker, history, reread
from tiktok.tests.integration.delivery.outcomes import HOUR, STRAIGHT, published
from tiktok.tests.simulator_process import Simulator

FAILED, DUE, WAITING, NEEDS = (
    PostState.FAILED, PostState.DUE, PostState.WAITING_ACCOUNT, PostState.NEEDS_ATTENTION,
)  # fmt: skip
BODIES = {
    "html": "<html><h1>502</h1></html>",
    "empty": "",
    "cut off": '{"data": {"publish_id": "v_pub',
    "wrong types": '{"data": {"publish_id": 7, "upload_url": [], "status": {}, "creator_username": 1},'
    ' "error": {"code": "ok"}}',
    "no data": '{"error": {"code": "ok", "message": "", "log_id": "2026L"}}',
    "no object": "[1, 2]",
    "code of another type": '{"data": {}, "error": {"code": {"a": 1}}}',
}
HUGE = 2 * 1024 * 1024


@pytest.fixture
def video(instance: Instance) -> Media:
    """One chunk."""
    with instance_scope(instance):
        return make_media(instance, content=bytes(range(256)) * 512)


def seen(post: Post, instance: Instance) -> tuple[str, str, str]:
    """Return the state, its reason for attention, and the code that holds or ended the post."""
    post = reread(post, instance)
    return post.state, post.attention_reason, post.error_code or post.hold_reason


def says_so(post: Post, instance: Instance, code: str) -> None:
    """The page has three sentences, and under Details TikTok's code and log_id."""
    post = reread(post, instance)
    words = explain_post(post)
    assert words is not None
    assert all((words.what, words.does, words.can))
    assert tiktok_code_of(post) == code
    assert post.log_id


AT_THE_START = [
    # creator_info (docs/tiktok.md, section 5); with HTTP 200 they mean "cannot post now"
    ("creator_info", 200, "spam_risk_too_many_posts", (DUE, "", "spam_risk_too_many_posts")),
    ("creator_info", 200, "reached_active_user_cap", (DUE, "", "reached_active_user_cap")),
    ("creator_info", 200, "spam_risk_user_banned_from_posting", (FAILED, "", "spam_risk_user_banned_from_posting")),
    ("creator_info", 401, "scope_not_authorized", (WAITING, "", "scope_missing")),
    ("creator_info", 400, "scope_permission_missed", (WAITING, "", "scope_missing")),
    ("creator_info", 429, "rate_limit_exceeded", (DUE, "", "rate_limit_exceeded")),
    ("creator_info", 500, "internal_error", (DUE, "", "internal_error")),
    ("creator_info", 400, "invalid_params", (FAILED, "", "invalid_params")),
    ("creator_info", 200, "a_new_code", (FAILED, "", "a_new_code")),
    ("creator_info", 503, "a_new_code", (DUE, "", "a_new_code")),
    # init of a video (4.2)
    ("video_init", 400, "invalid_param", (FAILED, "", "invalid_param")),
    ("video_init", 400, "invalid_params", (FAILED, "", "invalid_params")),
    ("video_init", 400, "invalid_file_upload", (FAILED, "", "invalid_file_upload")),
    ("video_init", 403, "spam_risk_too_many_posts", (DUE, "", "spam_risk_too_many_posts")),
    ("video_init", 403, "spam_risk_too_many_pending_share", (DUE, "", "spam_risk_too_many_pending_share")),
    ("video_init", 403, "reached_active_user_cap", (DUE, "", "reached_active_user_cap")),
    ("video_init", 403, "spam_risk_user_banned_from_posting", (FAILED, "", "spam_risk_user_banned_from_posting")),
    ("video_init", 403, "spam_risk", (FAILED, "", "spam_risk")),
    ("video_init", 403, "spam_risk_text", (FAILED, "", "spam_risk_text")),
    (
        "video_init", 403, "unaudited_client_can_only_post_to_private_accounts",
        (FAILED, "", "unaudited_client_can_only_post_to_private_accounts"),
    ),
    ("video_init", 403, "url_ownership_unverified", (FAILED, "", "url_ownership_unverified")),
    ("video_init", 403, "privacy_level_option_mismatch", (NEEDS, "options_changed", "")),
    ("video_init", 401, "scope_not_authorized", (WAITING, "", "scope_missing")),
    ("video_init", 429, "rate_limit_exceeded", (DUE, "", "rate_limit_exceeded")),
    ("video_init", 500, "internal_error", (DUE, "", "internal_error")),
    ("video_init", 403, "a_new_code", (FAILED, "", "a_new_code")),
    ("video_init", 200, "a_new_code", (FAILED, "", "a_new_code")),
]  # fmt: skip


@pytest.mark.parametrize(("endpoint", "http", "code", "expected"), AT_THE_START)
def test_code_at_the_start_ends_or_holds_the_post_and_is_not_asked_twice(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, endpoint: str, http: int, code: str,
    expected: tuple[str, str, str],
) -> None:  # fmt: skip
    post = submit()
    before = len(tiktok.requests(endpoint))
    tiktok.fault("error", endpoint, code=code, status=http, times=-1)
    worker.run_due()
    assert seen(post, instance) == expected
    assert len(tiktok.requests(endpoint)) == before + 1
    assert tiktok.posts() == []
    says_so(post, instance, code)
    with instance_scope(instance):
        assert not Submission.objects.filter(closed_at=None).exists()


@pytest.mark.parametrize("endpoint", ["creator_info", "video_init"])
def test_access_token_refused_twice_makes_the_post_wait_for_its_account(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, endpoint: str
) -> None:
    post = submit()
    before = len(tiktok.requests(endpoint))
    tiktok.fault("error", endpoint, code="access_token_invalid", status=401, times=-1)
    worker.run_for(HOUR)
    assert seen(post, instance) == (WAITING, "", "reconnect_needed")
    assert len(tiktok.requests(endpoint)) == before + 2
    assert len(tiktok.requests("token")) == 1


def test_refused_scope_is_removed_until_a_new_consent(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    post = submit()
    before = len(tiktok.requests("creator_info"))
    tiktok.fault("error", "creator_info", code="scope_not_authorized", status=401, times=-1)
    worker.run_for(5 * HOUR)
    assert seen(post, instance) == (WAITING, "", "scope_missing")
    assert len(tiktok.requests("creator_info")) == before + 1
    assert "video.publish" not in TikTokCredential.objects.get().scopes


# While TikTok is asked what became of it

WHILE_ASKING = [
    (400, "invalid_publish_id"),
    (400, "token_not_authorized_for_specified_publish_id"),
    (401, "scope_not_authorized"),
    (429, "rate_limit_exceeded"),
    (500, "internal_error"),
    (200, "spam_risk"),
    (400, "a_new_code"),
    (200, "a_new_code"),
    (503, "a_new_code"),
]


@pytest.mark.parametrize(("http", "code"), WHILE_ASKING)
def test_no_code_of_a_status_read_ends_a_post_that_tiktok_has(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, http: int, code: str
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    tiktok.fault("error", "status", code=code, status=http, times=-1)
    worker.run_for(HOUR)
    assert seen(post, instance) == (PostState.PROCESSING, "", code)
    assert 5 <= len(tiktok.requests("status")) <= 61  # it continues, at most once a minute on average
    says_so(post, instance, code)
    tiktok.clear_faults()
    worker.run_for(15 * 60)
    assert (history(post, instance), len(tiktok.posts()), len(published(tiktok))) == (STRAIGHT, 1, 1)


@pytest.mark.parametrize("code", ["invalid_publish_id", "token_not_authorized_for_specified_publish_id"])
def test_id_unknown_to_tiktok_ends_in_doubt_and_is_logged(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, code: str,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    post = submit()
    tiktok.fault("error", "status", code=code, status=400, times=-1)
    with caplog.at_level(logging.ERROR):
        worker.run_for(HOUR)
        worker.clock.advance(22 * HOUR)
        worker.run_due()
        assert seen(post, instance)[0] == PostState.PROCESSING
        worker.run_for(1.5 * HOUR)
    assert seen(post, instance)[:2] == (NEEDS, "outcome_unknown")
    assert len(tiktok.posts()) == 1
    alerts = [record for record in caplog.records if code in record.getMessage()]
    assert len(alerts) == 1
    assert str(post.pk) in alerts[0].getMessage()


def test_id_unknown_during_an_upload_starts_no_new_init(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    post = submit()
    tiktok.fault("error", "upload", status=404)
    tiktok.fault("error", "status", code="invalid_publish_id", status=400, times=-1)
    worker.run_for(2 * HOUR)
    worker.clock.advance(21.5 * HOUR)
    worker.run_for(HOUR)
    assert seen(post, instance)[:2] == (NEEDS, "outcome_unknown")
    assert len(tiktok.posts()) == 1


STATUS_WORDS = {
    "an unknown word": '{"data": {"status": "PUBLISHED", "publicaly_available_post_id": []}, "error": {"code": "ok"}}',
    "a word too many": '{"data": {"status": "PUBLISH_COMPLETE"}, "error": {"code": "a_new_code"}}',
    **BODIES,
}


@pytest.mark.parametrize("body", STATUS_WORDS.values(), ids=STATUS_WORDS)
def test_no_odd_answer_of_a_status_read_counts_as_published_or_as_failed(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, body: str
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    tiktok.fault("raw_body", "status", message=body, times=-1)
    worker.run_for(HOUR)
    assert reread(post, instance).state == PostState.PROCESSING
    tiktok.clear_faults()
    worker.run_for(15 * 60)
    assert (history(post, instance), len(published(tiktok))) == (STRAIGHT, 1)


@pytest.mark.parametrize("endpoint", ["creator_info", "video_init"])
@pytest.mark.parametrize(("body", "blanks"), [*((body, 0) for body in BODIES.values()), ("", HUGE)])
def test_odd_answer_at_the_start_holds_the_post_and_one_is_published(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, endpoint: str, body: str, blanks: int
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    tiktok.fault("raw_body", endpoint, message=body, after_bytes=blanks, times=2)
    worker.run_due()
    held = reread(post, instance)
    assert held.state == DUE
    assert held.hold_reason in ("unreadable-answer", "answer-too-large")
    worker.run_for(HOUR)
    assert (reread(post, instance).state, len(published(tiktok)), len(tiktok.posts())) == (PostState.PUBLISHED, 1, 1)


@pytest.mark.parametrize("endpoint", ["creator_info", "video_init", "status"])
def test_no_redirect_is_followed(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, endpoint: str
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    tiktok.fault("redirect", endpoint)
    worker.run_for(HOUR)
    assert reread(post, instance).state == PostState.PUBLISHED
    assert [call for call in tiktok.requests() if "elsewhere" in call.path] == []


def test_a_429_that_is_a_page_gates_the_endpoint_too(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    submit(privacy_level="SELF_ONLY")
    tiktok.fault("html_error", "video_init", status=429)
    worker.run_for(59)
    assert len(tiktok.requests("video_init")) == 1
    worker.run_for(600)
    assert len(published(tiktok)) == 1


# FAILED, and why

FAIL_REASONS = [
    ("file_format_check_failed", "media"),
    ("duration_check_failed", "media"),
    ("frame_rate_check_failed", "media"),
    ("picture_size_check_failed", "media"),
    ("publish_cancelled", ""),
    ("spam_risk_user_banned_from_posting", ""),
    ("spam_risk_text", "caption"),
    ("spam_risk", ""),
    ("an_undocumented_reason", ""),
]


@pytest.mark.parametrize(("reason", "field"), FAIL_REASONS)
def test_reason_that_will_not_pass_ends_the_post(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, reason: str, field: str
) -> None:
    post = submit()
    tiktok.fault("fail_reason", reason=reason)
    worker.run_for(2 * HOUR)
    assert seen(post, instance) == (FAILED, "", reason)
    assert (reread(post, instance).fail_reason, reread(post, instance).error_field) == (reason, field)
    assert len(tiktok.posts()) == 1
    says_so(post, instance, reason)


@pytest.mark.parametrize("reason", ["internal", "video_pull_failed", "photo_pull_failed"])
def test_fault_of_tiktoks_own_is_followed_by_a_new_init_after_a_pause(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, reason: str
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    tiktok.fault("fail_reason", reason=reason)
    worker.run_for(30)
    assert seen(post, instance) == (DUE, "", reason)
    says_so(post, instance, reason)
    worker.run_for(HOUR)
    assert history(post, instance) == [*STRAIGHT[:-1], *STRAIGHT[1:]]
    assert [each.status for each in tiktok.posts()] == ["FAILED", "PUBLISH_COMPLETE"]
    assert tiktok_code_of(reread(post, instance)) == ""


def test_quota_as_fail_reason_holds_the_post_unsent(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    post = submit()
    tiktok.fault("fail_reason", reason="spam_risk_too_many_posts")
    worker.run_for(HOUR / 2)
    assert seen(post, instance) == (DUE, "", "spam_risk_too_many_posts")
    assert len(tiktok.posts()) == 1
    says_so(post, instance, "spam_risk_too_many_posts")


def test_access_taken_back_while_tiktok_processes_waits_for_the_account(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    post = submit()
    tiktok.fault("fail_reason", reason="auth_removed")
    worker.run_for(60)
    assert history(post, instance)[:6] == ["draft", "due", "initing", "uploading", "processing", "waiting_account"]


# Limits


def test_refusals_and_unsent_calls_do_not_count_as_inits(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    tiktok.fault("rate_limit", "video_init", times=8)
    tiktok.fault("error", "video_init", code="access_token_invalid", status=401)
    tiktok.fault("server_error", "token", times=16)
    worker.run_for(4 * HOUR)
    assert tiktok.armed_faults() == []
    assert (reread(post, instance).state, len(published(tiktok))) == (PostState.PUBLISHED, 1)


def test_audited_app_refused_as_unaudited_is_logged(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, caplog: pytest.LogCaptureFixture
) -> None:
    submit()
    TikTokApp.objects.update(is_audited=True)
    code = "unaudited_client_can_only_post_to_private_accounts"
    tiktok.fault("error", "video_init", code=code, status=403)
    with caplog.at_level(logging.ERROR):
        worker.run_due()
    assert [record.levelname for record in caplog.records if code in record.getMessage()] == ["ERROR"]
    assert TikTokApp.objects.get().is_audited
