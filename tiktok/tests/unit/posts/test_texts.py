"""Every code that a post can have is explained, and the explanation is true in the post's state."""

from typing import Any

import pytest

from tiktok.api.errors import FAIL_CLASSES, RULES
from tiktok.models import AttentionReason, MediaSource, MediaType, Post, PostMode, PostState
from tiktok.posts.queue import INSTANCE_BUSY, OTHER_UPLOAD
from tiktok.posts.wording.codes import explain, explain_post, is_explained, tiktok_code_of
from tiktok.posts.wording.explanation import explain_state, interactions_text, title_of

OF_THE_CLIENT = {"answer-lost", "answer-too-large", "connection-failed", "unreadable-answer", "unreadable-code"}
OF_A_GATEWAY = {"http-500", "http-502", "http-504"}
HOLDS = {OTHER_UPLOAD, INSTANCE_BUSY, "rate", "refresh", "upload_interrupted", "upload_refused", "bytes_missing"}
ENDS = {
    "init_limit",
    "reconnect_needed",
    "scope_missing",
    "upload_scope_missing",
    "account_disconnected",
    "upload_unreadable",
}
CODES = sorted({*RULES, *FAIL_CLASSES, *AttentionReason.values, *OF_THE_CLIENT, *OF_A_GATEWAY, *HOLDS, *ENDS})

STOPPED = "Clipdesk has stopped and sends nothing more."
WAITS = "Clipdesk waits and retries automatically."
ASKS = "Clipdesk checks the status until TikTok gives a final one, for up to 24 hours."


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_words_of_its_own(code: str) -> None:
    assert is_explained(code)
    words = explain(code)
    assert all((words.what, words.does, words.can))


def test_an_unknown_code_is_a_refusal() -> None:
    assert explain("brand_new_code").does == STOPPED


@pytest.mark.parametrize("code", [*CODES, "brand_new_code"])
def test_failed_post_is_explained_as_stopped_for_every_code(code: str) -> None:
    words = explain_post(Post(state=PostState.FAILED, error_code=code))
    assert words is not None
    assert words.does == STOPPED


@pytest.mark.parametrize("code", [*CODES, "brand_new_code"])
@pytest.mark.parametrize("state", [PostState.DUE, PostState.UPLOADING, PostState.PROCESSING])
def test_what_is_held_is_never_said_to_be_over(state: PostState, code: str) -> None:
    words = explain_post(Post(state=state, hold_reason=code))
    assert words is not None
    assert words.does != STOPPED
    assert words.can


@pytest.mark.parametrize(
    ("state", "code", "does", "act"),
    [
        (PostState.DUE, "brand_new_code", WAITS, ""),
        (PostState.DUE, "http-502", WAITS, ""),
        (PostState.DUE, "spam_risk_too_many_posts", WAITS, ""),
        (PostState.PROCESSING, "http-502", ASKS, ""),
        (PostState.PROCESSING, "brand_new_code", ASKS, ""),
        (PostState.PROCESSING, "spam_risk", ASKS, ""),
        (PostState.PROCESSING, "invalid_publish_id", ASKS, ""),
        (
            PostState.PROCESSING, "reconnect_needed",
            "Clipdesk checks the status as soon as the account is reconnected.", "reconnect",
        ),
    ],
)  # fmt: skip
def test_a_hold_says_what_clipdesk_does_in_that_state(state: PostState, code: str, does: str, act: str) -> None:
    words = explain_post(Post(state=state, hold_reason=code))
    assert words is not None
    assert (words.does, words.act) == (does, act)


@pytest.mark.parametrize(
    "code", ["reconnect_needed", "scope_missing", "upload_scope_missing", "account_disconnected", "auth_removed"]
)
def test_a_post_that_waits_for_its_account_leads_to_its_accounts_page(code: str) -> None:
    words = explain_post(Post(state=PostState.WAITING_ACCOUNT, error_code=code))
    assert words is not None
    assert words.act == "reconnect"


def test_a_missed_post_says_what_held_it_and_what_helps_against_that() -> None:
    missed = Post(state=PostState.NEEDS_ATTENTION, attention_reason="missed", error_code="spam_risk_too_many_posts")
    words = explain_post(missed)
    assert words is not None
    assert words.what == (
        "The post could not be started in time. The account has reached TikTok’s limit of posts from apps in 24 hours."
    )
    assert words.can == "Choose a time more than 24 hours from now, or post in the TikTok app."


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"state": "due", "hold_reason": "internal_error"}, "internal_error"),
        ({"state": "due", "hold_reason": "other_upload", "tiktok_code": "internal"}, "internal"),
        ({"state": "due", "hold_reason": "rate"}, ""),
        ({"state": "failed", "error_code": "spam_risk", "tiktok_code": "spam_risk"}, "spam_risk"),
        ({"state": "waiting_account", "error_code": "scope_missing", "tiktok_code": "scope_not_authorized"},
         "scope_not_authorized"),
        ({"state": "needs_attention", "attention_reason": "missed", "error_code": "reached_active_user_cap"},
         "reached_active_user_cap"),
        ({"state": "published", "tiktok_code": "internal"}, ""),
    ],
)  # fmt: skip
def test_the_details_hold_tiktoks_own_code(fields: dict[str, str], word: str) -> None:
    assert tiktok_code_of(Post(**fields)) == word


def in_state(state: PostState, **fields: Any) -> Post:
    """A post whose TikTok app uploads videos, unless ``source`` says otherwise."""
    return Post(**({"state": state, "source": MediaSource.FILE_UPLOAD} | fields))


def test_draft_in_the_inbox_says_where_it_is_finished() -> None:
    words = explain_state(in_state(PostState.IN_INBOX, mode=PostMode.MEDIA_UPLOAD))

    assert words.what == "The draft is in the account’s TikTok inbox."
    assert words.can == "Open the notification in the inbox of the TikTok app to finish and publish it."


@pytest.mark.parametrize("state", [PostState.SCHEDULED, PostState.PROCESSING, PostState.PUBLISHED])
def test_draft_is_never_said_to_be_published_by_clipdesk(state: PostState) -> None:
    direct, draft = (explain_state(in_state(state, mode=mode)) for mode in PostMode)

    assert direct != draft
    assert "draft" in f"{draft.what} {draft.does}"
    assert "publish it" not in draft.does


@pytest.mark.parametrize("mode", PostMode)
@pytest.mark.parametrize(
    ("media_type", "source"),
    [(MediaType.PHOTO, ""), (MediaType.VIDEO, MediaSource.PULL_FROM_URL)],
)
def test_post_that_tiktok_downloads_is_not_said_to_be_there(mode: PostMode, media_type: MediaType, source: str) -> None:
    words = explain_state(in_state(PostState.PROCESSING, mode=mode, media_type=media_type, source=source))

    assert words.what == "TikTok is downloading the files from this server and processes them."


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("state", [PostState.DUE, PostState.PROCESSING, PostState.FAILED])
def test_words_of_a_code_that_photos_can_have_name_no_video(state: PostState, code: str) -> None:
    of_videos = {"duration_check_failed", "frame_rate_check_failed", "video_pull_failed", "bytes_missing"}
    of_both = {"file_format_check_failed", "picture_size_check_failed"}
    words = explain_post(Post(state=state, media_type=MediaType.PHOTO, error_code=code, hold_reason=code))

    assert words is not None
    if code not in of_videos | of_both:
        assert "video" not in " ".join(words.sentences)


@pytest.mark.parametrize("code", ["video_pull_failed", "photo_pull_failed", "url_ownership_unverified"])
def test_download_that_fails_says_who_can_help(code: str) -> None:
    assert "your administrator" in explain(code).can


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({"title": "Of a kind", "caption": "Longer words"}, "Of a kind"),
        ({"caption": "Longer words"}, "Longer words"),
        ({}, "Post without a caption"),
        ({"mode": "MEDIA_UPLOAD"}, "Draft for the TikTok inbox"),
    ],
)
def test_post_is_called_by_its_title_or_caption(fields: dict[str, str], title: str) -> None:
    assert title_of(Post(**fields)) == title


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"media_type": "PHOTO", "allow_comment": True}, "Comments are on"),
        ({"media_type": "PHOTO"}, "Comments are off"),
        ({"media_type": "PHOTO", "mode": "MEDIA_UPLOAD"}, "Chosen in the TikTok app"),
        ({"allow_comment": True}, "Comments are on, duets and stitches are off"),
    ],
)
def test_interactions_are_those_that_the_way_has(fields: dict[str, Any], words: str) -> None:
    assert interactions_text(Post(**fields)) == words
