"""Photos and inbox drafts through the REST API: what comes in, what is refused, and what is shown."""

from typing import Any

import pytest

from accounts.models import User
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.models import ConsentSnapshot, Media, MediaSource, Post, TikTokAccount, TikTokApp, TikTokCredential
from tiktok.posts import services
from tiktok.tests.factories import SCOPES, make_media, make_photo, make_post, make_submission
from tiktok.tests.fixtures_rest import Api, Json, body_of, fields_of
from tiktok.tests.simulator_process import Simulator

pytestmark = pytest.mark.django_db


@pytest.fixture
def prefix(simulated: TikTokApp) -> TikTokApp:
    """The app with a checked URL prefix."""
    TikTokApp.objects.update(url_prefix="https://clip.example.com/m/", prefix_checked_at=simulated.created_at)
    return simulated


@pytest.fixture
def clip(instance: Instance) -> Media:
    with instance_scope(instance):
        return make_media(instance)


@pytest.fixture
def pictures(instance: Instance) -> list[Media]:
    with instance_scope(instance):
        return [make_photo(instance, content=bytes([number]) * 10) for number in range(3)]


def of(account: TikTokAccount, files: list[Media], **fields: Any) -> Json:
    return body_of(account, None, media_ids=[str(media.pk) for media in files], **fields)


def draft_of(account: TikTokAccount, files: list[Media], **fields: Any) -> Json:
    """A draft for the TikTok inbox, sent now."""
    bare: Json = {"mode": "MEDIA_UPLOAD", "caption": None, "privacy_level": None}
    return of(account, files, **(bare | fields))


def errors_of(answer: Any) -> list[tuple[str, str]]:
    return [(error["field"], error["code"]) for error in answer.json()["errors"]]


def test_photos_keep_order_title_cover_and_music(
    api: Api, linked: TikTokAccount, prefix: TikTokApp, pictures: list[Media]
) -> None:
    chosen = {"title": "Three", "photo_cover_index": 2, "auto_add_music": True}
    answer = api.create(of(linked, pictures[::-1], **chosen))

    post = answer.json()
    assert answer.status_code == 201, post
    assert post["media_ids"] == [str(photo.pk) for photo in pictures[::-1]]
    assert {name: post[name] for name in chosen} == chosen
    assert (post["media_type"], post["mode"], post["source"]) == ("PHOTO", "DIRECT_POST", "PULL_FROM_URL")
    assert (post["hidden_at"], post["share_urls"]) == (None, [])


def test_photos_without_a_checked_prefix_are_refused_with_what_to_do(
    api: Api, linked: TikTokAccount, pictures: list[Media]
) -> None:
    answer = api.create(of(linked, pictures))

    assert (answer.status_code, errors_of(answer)) == (422, [("media_ids", "photos_need_prefix")])
    assert "Ask your administrator to set up the URL prefix" in answer.json()["errors"][0]["message"]
    assert api.create(of(linked, pictures, draft=True)).status_code == 201, "a draft may wait for the prefix"


def test_video_and_photos_are_not_mixed(
    api: Api, linked: TikTokAccount, prefix: TikTokApp, pictures: list[Media], clip: Media
) -> None:
    assert errors_of(api.create(of(linked, [clip, *pictures]))) == [("media_ids", "media_mixed")]
    assert errors_of(api.create(of(linked, [clip, clip]))) == [("media_ids", "too_many")]
    assert fields_of(api.create(of(linked, pictures[:1] * 36))) == ["media_ids"]


def test_unknown_id_among_many_is_named_by_its_position(
    api: Api, linked: TikTokAccount, pictures: list[Media], other_instance: Instance
) -> None:
    with instance_scope(other_instance):
        theirs = make_photo(other_instance)

    [error] = api.create(of(linked, [*pictures, theirs])).json()["errors"]

    assert (error["field"], error["code"], error["position"]) == ("media_ids", "not_found", 3)


@pytest.mark.parametrize(
    ("kind", "mode", "fields", "refused"),
    [
        ("photos", "DIRECT_POST", {"allow_duet": True, "allow_stitch": True, "cover_timestamp_ms": 5},
         {"allow_duet": "not_for_photos", "allow_stitch": "not_for_photos", "cover_timestamp_ms": "not_for_photos"}),
        ("video", "DIRECT_POST", {"title": "A", "auto_add_music": True, "photo_cover_index": 1},
         {"title": "not_for_videos", "auto_add_music": "not_for_videos", "photo_cover_index": "not_for_videos"}),
        ("video", "MEDIA_UPLOAD", {"caption": "A", "privacy_level": "SELF_ONLY", "is_aigc": True},
         {"caption": "not_for_drafts", "privacy_level": "not_for_drafts", "is_aigc": "not_for_drafts"}),
        ("photos", "MEDIA_UPLOAD", {"allow_comment": True, "auto_add_music": True, "brand_content": True},
         {"allow_comment": "not_for_drafts", "auto_add_music": "not_for_drafts", "brand_content": "not_for_drafts"}),
    ],
)  # fmt: skip
def test_option_that_the_way_does_not_take_is_refused_by_name(
    api: Api, linked: TikTokAccount, prefix: TikTokApp, pictures: list[Media], clip: Media, tiktok: Simulator,
    kind: str, mode: str, fields: Json, refused: Json,
) -> None:  # fmt: skip
    files = pictures if kind == "photos" else [clip]
    body = of(linked, files, **fields) if mode == "DIRECT_POST" else draft_of(linked, files, **fields)

    answer = api.create(body)

    assert (answer.status_code, dict(errors_of(answer))) == (422, refused)
    assert tiktok.requests("creator_info") == [], "TikTok is asked only when nothing else is wrong"


def test_draft_needs_its_file_and_consent_alone(
    api: Api, linked: TikTokAccount, clip: Media, tiktok: Simulator, instance: Instance, editor: User
) -> None:
    answer = api.create(draft_of(linked, [clip]))

    post = answer.json()
    assert (answer.status_code, post["state"], post["mode"], post["privacy_level"]) == (
        201, "due", "MEDIA_UPLOAD", None,
    )  # fmt: skip
    assert tiktok.requests("creator_info") == []
    with instance_scope(instance):
        consent = ConsentSnapshot.objects.get(post_id=post["id"])
        assert (consent.user, consent.creator_info) == (editor, {})
        assert "transferred to TikTok" in consent.text
    refused = api.create(draft_of(linked, [clip], consent=False))
    assert errors_of(refused) == [("consent", "consent_missing")]
    assert "transferred to TikTok" in refused.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    ("scope", "mode", "code"),
    [("video.upload", "MEDIA_UPLOAD", "upload_scope_missing"), ("video.publish", "DIRECT_POST", "scope_missing")],
)
def test_missing_permission_is_named_with_the_way_out(
    api: Api, linked: TikTokAccount, clip: Media, scope: str, mode: str, code: str
) -> None:
    TikTokCredential.objects.update(scopes=[each for each in SCOPES if each != scope])
    direct, draft = of(linked, [clip]), draft_of(linked, [clip])

    answer = api.create(draft if mode == "MEDIA_UPLOAD" else direct)
    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert "Reconnect it and leave the permission to" in answer.json()["detail"]
    assert api.create(direct if mode == "MEDIA_UPLOAD" else draft).status_code == 201, "the other way is open"


def test_key_stands_for_the_new_fields_too(
    api: Api, linked: TikTokAccount, prefix: TikTokApp, pictures: list[Media]
) -> None:
    body = of(linked, pictures, title="One")
    assert api.create(body, key="k").status_code == 201

    assert api.create(body, key="k")["Idempotency-Replayed"] == "true"
    for other in (
        {"title": "Two"}, {"photo_cover_index": 1}, {"auto_add_music": True}, {"media_ids": body["media_ids"][::-1]},
        {"mode": "MEDIA_UPLOAD"},
    ):  # fmt: skip
        answer = api.create(body | other, key="k")
        assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_conflict"), other


def test_patch_changes_files_order_and_mode(
    api: Api, linked: TikTokAccount, prefix: TikTokApp, pictures: list[Media], clip: Media
) -> None:
    post = api.create(of(linked, pictures, draft=True, title="One", photo_cover_index=2)).json()
    path = f"/posts/{post['id']}"
    reordered = [str(photo.pk) for photo in pictures[::-1]]

    changed = api.send("PATCH", path, {"media_ids": reordered, "photo_cover_index": 0}).json()
    assert (changed["media_ids"], changed["photo_cover_index"], changed["title"]) == (reordered, 0, "One")

    refused = api.send("PATCH", path, {"mode": "MEDIA_UPLOAD"})
    assert errors_of(refused) == [("privacy_level", "not_for_drafts")]
    changed = api.send("PATCH", path, {"mode": "MEDIA_UPLOAD", "privacy_level": None}).json()
    assert (changed["mode"], changed["title"]) == ("MEDIA_UPLOAD", "One")

    bare = {"media_ids": [str(clip.pk)], "mode": "DIRECT_POST", "title": ""}
    changed = api.send("PATCH", path, bare).json()
    assert (changed["media_type"], changed["source"]) == ("VIDEO", "FILE_UPLOAD")


def test_source_of_a_video_follows_the_app(api: Api, linked: TikTokAccount, prefix: TikTokApp, clip: Media) -> None:
    TikTokApp.objects.update(video_transfer=MediaSource.PULL_FROM_URL)

    assert api.create(of(linked, [clip], draft=True)).json()["source"] == "PULL_FROM_URL"


@pytest.mark.parametrize(("photos_of_it", "kind"), [(True, "photo"), (False, "video")])
def test_all_ids_and_links_of_a_draft_are_shown(
    api: Api, linked: TikTokAccount, instance: Instance, photos_of_it: bool, kind: str
) -> None:
    with instance_scope(instance):
        media = make_photo(instance) if photos_of_it else make_media(instance)
        post = make_post(
            linked, media, media_type="PHOTO" if photos_of_it else "VIDEO", mode="MEDIA_UPLOAD", state="published",
            post_ids=["7001", "7002"],
        )  # fmt: skip
        Post.objects.update(hidden_at=post.created_at)

    shown = api.get(f"/posts/{post.pk}").json()

    assert shown["post_ids"] == ["7001", "7002"]
    assert shown["share_urls"] == [f"https://www.tiktok.com/@maren/{kind}/{post_id}" for post_id in ("7001", "7002")]
    assert shown["hidden_at"].endswith("Z")


@pytest.mark.parametrize(("pending", "warned"), [(4, []), (5, ["pending_drafts"])])
def test_sixth_draft_is_taken_with_a_warning(
    api: Api, linked: TikTokAccount, clip: Media, instance: Instance, pending: int, warned: list[str]
) -> None:
    with instance_scope(instance):
        for _ in range(pending):
            make_submission(make_post(linked, mode="MEDIA_UPLOAD", state="in_inbox", media_type="VIDEO"))

    draft, direct = api.create(draft_of(linked, [clip])).json(), api.create(of(linked, [clip])).json()

    assert [warning["code"] for warning in draft["warnings"]] == warned
    assert "pending_drafts" not in [warning["code"] for warning in direct["warnings"]]


def test_repost_keeps_photos_and_the_cover_follows_its_photo(
    api: Api, linked: TikTokAccount, prefix: TikTokApp, pictures: list[Media], editor: User, instance: Instance
) -> None:
    body = of(linked, pictures, title="One", photo_cover_index=2, auto_add_music=True)
    post_id = api.create(body).json()["id"]
    with instance_scope(instance):
        Post.objects.filter(pk=post_id).update(state="failed")
        Media.objects.filter(pk=pictures[0].pk).update(deleted_at=pictures[0].created_at)
        new = services.correct_post(Post.objects.get(pk=post_id), actor=editor)
        shown = api.get(f"/posts/{new.pk}").json()

    assert shown["media_ids"] == [str(photo.pk) for photo in pictures[1:]]
    assert (shown["title"], shown["photo_cover_index"], shown["auto_add_music"]) == ("One", 1, True)
