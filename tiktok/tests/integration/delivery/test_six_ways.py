"""Each of TikTok's six ways to post, from a person's click to its right end, over real HTTP."""

import hashlib

import pytest
from pytest_django import Settings

from instances.models import Instance
from tiktok.models import CapabilityURL, Media, MediaSource, Post, PostState, TikTokApp
from tiktok.tests.fixtures_downloads import DIRECT, INBOX, Send, wait_for_pull
from tiktok.tests.fixtures_posts import Worker, history, reread
from tiktok.tests.simulator_process import SimulatedPost, Simulator

pytestmark = pytest.mark.django_db(transaction=True)

BY_FILE = ["draft", "due", "initing", "uploading", "processing"]
BY_PULL = ["draft", "due", "initing", "processing"]


def of_file(video: Media) -> str:
    return hashlib.sha256(video.file.read_bytes()).hexdigest()


def only_post(tiktok: Simulator) -> SimulatedPost:
    (post,) = tiktok.posts()
    return post


def calls(tiktok: Simulator, *endpoints: str) -> list[str]:
    """The calls to these endpoints, in their order."""
    return [call.endpoint for call in tiktok.requests() if call.endpoint in endpoints]


def pull_and_run(worker: Worker, tiktok: Simulator) -> SimulatedPost:
    """Let TikTok download, then let ten minutes pass."""
    worker.run_due()
    wait_for_pull(tiktok, only_post(tiktok).publish_id)
    worker.run_for(600)
    return only_post(tiktok)


def assert_published(post: Post, instance: Instance, seen: SimulatedPost, way: list[str]) -> None:
    post = reread(post, instance)
    assert (post.state, post.publish_status, seen.status) == ("published", "PUBLISH_COMPLETE", "PUBLISH_COMPLETE")
    assert post.post_ids == [str(number) for number in seen.public_ids]
    assert len(seen.publications) == 1
    assert history(post, instance) == [*way, "published"]


def assert_in_inbox(post: Post, instance: Instance, seen: SimulatedPost, way: list[str]) -> None:
    post = reread(post, instance)
    assert (post.state, post.publish_status) == ("in_inbox", "SEND_TO_USER_INBOX")
    assert (seen.status, seen.is_draft, seen.publications) == ("SEND_TO_USER_INBOX", True, [])
    assert history(post, instance) == [*way, "in_inbox"]


@pytest.fixture
def uploading(pulling: TikTokApp) -> TikTokApp:
    """An app that could have videos downloaded and still uploads them."""
    pulling.video_transfer = MediaSource.FILE_UPLOAD
    pulling.save()
    return pulling


def test_video_is_uploaded_and_published(
    uploading: TikTokApp, send: Send, worker: Worker, tiktok: Simulator, instance: Instance, video: Media
) -> None:
    post = send([video], allow_comment=True)
    worker.run_for(600)
    seen = only_post(tiktok)
    assert_published(post, instance, seen, BY_FILE)
    assert (seen.sha256, seen.items, seen.post_info["disable_comment"]) == (of_file(video), [], False)
    assert calls(tiktok, "video_init", "inbox_init", "content_init") == ["video_init"]


def test_video_is_uploaded_as_a_draft(
    uploading: TikTokApp, send: Send, worker: Worker, tiktok: Simulator, instance: Instance, video: Media
) -> None:
    post = send([video], INBOX)
    worker.run_for(600)
    seen = only_post(tiktok)
    assert_in_inbox(post, instance, seen, BY_FILE)
    assert (seen.sha256, seen.post_info) == (of_file(video), {})
    assert calls(tiktok, "video_init", "inbox_init", "content_init", "creator_info") == ["inbox_init"]


def test_video_is_downloaded_and_published(
    pulling: TikTokApp, send: Send, worker: Worker, tiktok: Simulator, instance: Instance, video: Media
) -> None:
    post = send([video], caption="Look")
    seen = pull_and_run(worker, tiktok)
    assert_published(post, instance, seen, BY_PULL)
    assert (seen.sha256, seen.post_info["title"]) == (of_file(video), "Look")
    assert calls(tiktok, "video_init", "inbox_init", "content_init", "upload") == ["video_init"]


def test_video_is_downloaded_as_a_draft(
    pulling: TikTokApp, send: Send, worker: Worker, tiktok: Simulator, instance: Instance, video: Media
) -> None:
    post = send([video], INBOX)
    seen = pull_and_run(worker, tiktok)
    assert_in_inbox(post, instance, seen, BY_PULL)
    assert (seen.sha256, seen.post_info) == (of_file(video), {})
    assert calls(tiktok, "video_init", "inbox_init", "content_init", "creator_info", "upload") == ["inbox_init"]


def test_photos_are_downloaded_in_their_order_and_published(
    pulling: TikTokApp, send: Send, worker: Worker, tiktok: Simulator, instance: Instance, photos: list[Media]
) -> None:
    post = send(photos, title="Three", caption="Of a kind", photo_cover_index=2, auto_add_music=True)
    seen = pull_and_run(worker, tiktok)
    assert_published(post, instance, seen, BY_PULL)
    assert [item.sha256 for item in seen.items] == [photo.copy_sha256 for photo in photos]
    assert (seen.media_type, seen.cover_index) == ("PHOTO", 2)
    said = ("title", "description", "auto_add_music")
    assert [seen.post_info[name] for name in said] == ["Three", "Of a kind", True]
    assert calls(tiktok, "video_init", "inbox_init", "content_init", "upload") == ["content_init"]


def test_photos_are_downloaded_as_a_draft(
    pulling: TikTokApp, send: Send, worker: Worker, tiktok: Simulator, instance: Instance, photos: list[Media]
) -> None:
    post = send(photos, INBOX, title="Three", caption="Of a kind", photo_cover_index=1)
    seen = pull_and_run(worker, tiktok)
    assert_in_inbox(post, instance, seen, BY_PULL)
    assert [item.sha256 for item in seen.items] == [photo.copy_sha256 for photo in photos]
    assert (seen.cover_index, seen.post_info) == (1, {"title": "Three", "description": "Of a kind"})
    assert calls(tiktok, "video_init", "inbox_init", "content_init", "creator_info", "upload") == ["content_init"]


@pytest.mark.parametrize("mode", [DIRECT, INBOX])
def test_no_address_is_valid_once_tiktok_has_everything(
    pulling: TikTokApp, send: Send, worker: Worker, tiktok: Simulator, photos: list[Media], mode: str
) -> None:
    send(photos, mode)
    pull_and_run(worker, tiktok)
    assert CapabilityURL.objects.count() == 3
    assert not CapabilityURL.objects.filter(revoked_at=None).exists()


def test_photo_whose_copy_was_touched_is_not_handed_over(
    pulling: TikTokApp, send: Send, worker: Worker, tiktok: Simulator, instance: Instance, photos: list[Media]
) -> None:
    post = send(photos)
    photos[1].copy_file.write_bytes(b"another picture")
    worker.run_for(60)
    post = reread(post, instance)
    assert (post.state, post.attention_reason) == (PostState.NEEDS_ATTENTION, "media_changed")
    assert tiktok.posts() == []


def test_post_waits_while_tiktok_cannot_reach_this_server(
    pulling: TikTokApp, send: Send, worker: Worker, tiktok: Simulator, instance: Instance, photos: list[Media],
    settings: Settings,
) -> None:  # fmt: skip
    post = send(photos)
    TikTokApp.objects.update(prefix_problem="unreachable")
    worker.run_for(900)
    assert (reread(post, instance).state, reread(post, instance).hold_reason) == ("due", "url_ownership_unverified")
    TikTokApp.objects.update(prefix_problem="")
    worker.run_for(600)
    wait_for_pull(tiktok, only_post(tiktok).publish_id)
    worker.run_for(600)
    assert reread(post, instance).state == PostState.PUBLISHED
