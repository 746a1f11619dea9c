"""The rules of photos and of drafts: what each way takes, how many files, and what needs the URL prefix."""

from typing import Any

import pytest

from tiktok.models import Media, MediaKind, MediaState, MediaType, PostMode
from tiktok.posts.consent import consent_text
from tiktok.posts.rules import OPTION_FIELDS, PostOptions, check_options
from tiktok.posts.way_options import TAKEN, options_taken, room_for, takes
from tiktok.tests.unit.posts.conftest import creator

SET: dict[str, Any] = {
    "title": "A title", "caption": "Hello", "privacy_level": "PUBLIC_TO_EVERYONE", "allow_comment": True,
    "allow_duet": True, "allow_stitch": True, "brand_organic": True, "brand_content": True, "is_aigc": True,
    "cover_timestamp_ms": 1000, "photo_cover_index": 1, "auto_add_music": True,
}  # fmt: skip
VIDEO, PHOTO = MediaType.VIDEO, MediaType.PHOTO
DIRECT, DRAFT = PostMode.DIRECT_POST, PostMode.MEDIA_UPLOAD


def file(kind: MediaKind, **fields: Any) -> Media:
    length = 30_000 if kind == MediaKind.VIDEO else None
    defaults: dict[str, Any] = {"kind": kind, "state": MediaState.READY, "duration_ms": length, "problems": []}
    return Media(**(defaults | fields))


def files_of(media_type: MediaType) -> list[Media]:
    return [file(MediaKind.VIDEO)] if media_type == VIDEO else photos(3)


def photos(count: int) -> list[Media]:
    return [file(MediaKind.PHOTO, original_name=f"{n}.jpg") for n in range(count)]


def found(files: list[Media], *, draft: bool = False, can_pull: bool | None = True, **fields: Any) -> list[str]:
    problems = check_options(
        PostOptions(**fields), files=files, creator=creator(), app_audited=True, can_pull=can_pull, draft=draft
    )
    return [f"{problem.field}:{problem.code}" for problem in problems]


def test_test_sets_every_option() -> None:
    assert {"mode", *SET} == set(OPTION_FIELDS)
    assert all(SET[name] != getattr(PostOptions(), name) for name in SET)


@pytest.mark.parametrize(
    ("media_type", "mode", "code"),
    [(VIDEO, DIRECT, "not_for_videos"), (VIDEO, DRAFT, "not_for_drafts"), (PHOTO, DIRECT, "not_for_photos"),
     (PHOTO, DRAFT, "not_for_drafts")],
)  # fmt: skip
@pytest.mark.parametrize("name", SET)
def test_each_option_is_taken_or_refused_by_name(media_type: MediaType, mode: PostMode, code: str, name: str) -> None:
    needed = {"privacy_level": "PUBLIC_TO_EVERYONE"} if mode == DIRECT else {}
    problems = found(files_of(media_type), mode=mode.value, **(needed | {name: SET[name]}))

    if name in options_taken(media_type, mode):
        assert problems == []
    else:
        of_other_kind = mode == DRAFT and name not in TAKEN[media_type, DIRECT]
        kind = "not_for_photos" if media_type == PHOTO else "not_for_videos"
        assert problems == [f"{name}:{kind if of_other_kind else code}"]


@pytest.mark.parametrize(
    ("media_type", "mode", "taken"),
    [
        (VIDEO, DIRECT, {"caption", "privacy_level", "allow_comment", "allow_duet", "allow_stitch", "brand_organic",
                         "brand_content", "is_aigc", "cover_timestamp_ms"}),
        (VIDEO, DRAFT, set()),
        (PHOTO, DIRECT, {"title", "caption", "privacy_level", "allow_comment", "brand_organic", "brand_content",
                         "is_aigc", "photo_cover_index", "auto_add_music"}),
        (PHOTO, DRAFT, {"title", "caption", "photo_cover_index"}),
    ],
)  # fmt: skip
def test_table_of_options_is_tiktoks(media_type: MediaType, mode: PostMode, taken: set[str]) -> None:
    assert options_taken(media_type, mode) == taken


@pytest.mark.parametrize("media_type", MediaType)
def test_draft_needs_nothing_but_its_files(media_type: MediaType) -> None:
    assert found(files_of(media_type), mode=DRAFT.value) == []
    assert found([], mode=DRAFT.value) == ["media:media_missing"]


def test_without_files_only_what_no_kind_takes_is_refused() -> None:
    either: dict[str, Any] = {"title": "A", "allow_duet": True, "cover_timestamp_ms": 5, "auto_add_music": True}

    assert found([], draft=True, **either) == []
    assert takes("title", None, DRAFT)
    assert found([], draft=True, mode=DRAFT.value, title="A", is_aigc=True) == ["is_aigc:not_for_drafts"]


@pytest.mark.parametrize(
    ("files", "code"),
    [
        (photos(35), None),
        (photos(36), "too_many"),
        ([file(MediaKind.VIDEO), file(MediaKind.VIDEO)], "too_many"),
        ([file(MediaKind.VIDEO), *photos(1)], "media_mixed"),
        (photos(1), None),
    ],
)
@pytest.mark.parametrize("draft", [False, True])
def test_post_has_one_video_or_up_to_35_photos(files: list[Media], code: str | None, draft: bool) -> None:
    problems = found(files, draft=draft, privacy_level="SELF_ONLY")

    assert problems == ([f"media:{code}"] if code else [])


@pytest.mark.parametrize(
    ("option", "media_type", "limit"),
    [("title", PHOTO, 90), ("caption", PHOTO, 4000), ("caption", VIDEO, 2200)],
)
def test_texts_may_have_as_many_utf16_units_as_tiktok_takes(option: str, media_type: MediaType, limit: int) -> None:
    fits: dict[str, Any] = {"privacy_level": "SELF_ONLY", option: "😀" * (limit // 2)}
    too_long = fits | {option: fits[option] + "x"}

    assert found(files_of(media_type), **fits) == []
    assert found(files_of(media_type), **too_long) == [f"{option}:{option}_too_long"]
    assert room_for(option, "😀a\r\nb", media_type).left == limit - 5
    assert room_for(option, "x" * (limit + 3), media_type).left == -3


def test_draft_without_files_may_have_the_longest_caption() -> None:
    assert found([], draft=True, caption="x" * 4000) == []
    assert found([], draft=True, caption="x" * 4001) == ["caption:caption_too_long"]


@pytest.mark.parametrize("text", ["a\0b", "a\ud800"])
def test_title_that_cannot_be_stored_is_refused(text: str) -> None:
    assert found(photos(1), draft=True, title=text) == ["title:title_unreadable"]


@pytest.mark.parametrize(("index", "is_valid"), [(0, True), (2, True), (3, False), (-1, False)])
def test_cover_is_one_of_the_photos(index: int, is_valid: bool) -> None:
    problems = found(photos(3), privacy_level="SELF_ONLY", photo_cover_index=index)

    assert problems == ([] if is_valid else ["photo_cover_index:cover_outside_photos"])


@pytest.mark.parametrize(
    ("media_type", "can_pull", "is_refused"),
    [(PHOTO, False, True), (PHOTO, True, False), (PHOTO, None, False), (VIDEO, False, False)],
)
def test_photos_need_the_prefix_of_the_app(media_type: MediaType, can_pull: bool | None, is_refused: bool) -> None:
    problems = found(files_of(media_type), can_pull=can_pull, privacy_level="SELF_ONLY")

    assert problems == (["media:photos_need_prefix"] if is_refused else [])
    assert found(files_of(media_type), can_pull=can_pull, draft=True) == []


def test_each_photo_that_cannot_be_used_is_named_with_its_position() -> None:
    broken = file(MediaKind.PHOTO, original_name="b.jpg", problems=[{"code": "too_heavy", "message": "Too heavy."}])
    [problem] = check_options(PostOptions(), files=[*photos(1), broken], creator=None, app_audited=None, draft=True)

    assert (problem.field, problem.code, problem.message) == ("media", "too_heavy", "b.jpg: Too heavy.")
    assert problem.data == {"position": 1}


def test_one_photo_that_is_being_checked_holds_the_post() -> None:
    files = [*photos(2), file(MediaKind.PHOTO, state=MediaState.CHECKING)]

    assert found(files, privacy_level="SELF_ONLY") == ["media:media_checking"]
    assert found(files, draft=True) == []


def test_photos_are_compared_with_the_creators_comments_alone() -> None:
    problems = check_options(
        PostOptions(privacy_level="SELF_ONLY", allow_comment=True), files=photos(1), app_audited=True, can_pull=True,
        creator=creator(comment_disabled=True, duet_disabled=True, stitch_disabled=True, max_video_post_duration_s=1),
    )  # fmt: skip

    assert [(problem.field, problem.code) for problem in problems] == [("allow_comment", "interaction_disabled")]


def test_draft_is_consented_to_without_tiktoks_declaration() -> None:
    assert "Music Usage" not in consent_text(PostOptions(mode=DRAFT.value))
    assert "transferred to TikTok" in consent_text(PostOptions(mode=DRAFT.value))
