"""Each of TikTok's six ways to post, from a request to the REST API to its right end, over real HTTP."""

from typing import Any

import pytest

from instances.models import Instance
from tiktok.models import Media, MediaSource, TikTokAccount, TikTokApp
from tiktok.tests.fixtures_downloads import DIRECT, INBOX, wait_for_pull
from tiktok.tests.fixtures_posts import Worker
from tiktok.tests.fixtures_rest import Api, Json, body_of
from tiktok.tests.simulator_process import SimulatedPost, Simulator

pytestmark = pytest.mark.django_db(transaction=True)
FILE, PULL = MediaSource.FILE_UPLOAD, MediaSource.PULL_FROM_URL


def request_of(account: TikTokAccount, files: list[Media], mode: str) -> Json:
    body = body_of(account, None, media_ids=[str(media.pk) for media in files], mode=mode)
    if mode == INBOX:
        del body["privacy_level"]
        if len(files) == 1:
            del body["caption"]
    return body


def only_post(tiktok: Simulator) -> SimulatedPost:
    (post,) = tiktok.posts()
    return post


def run(worker: Worker, tiktok: Simulator, source: str) -> SimulatedPost:
    worker.run_due()
    if source == PULL:
        wait_for_pull(tiktok, only_post(tiktok).publish_id)
    worker.run_for(600)
    return only_post(tiktok)


def links_of(seen: SimulatedPost) -> list[str]:
    kind = "photo" if seen.media_type == "PHOTO" else "video"
    return [f"https://www.tiktok.com/@maren/{kind}/{post_id}" for post_id in seen.public_ids]


@pytest.mark.parametrize(
    ("kind", "mode", "source", "endpoint"),
    [
        ("video", DIRECT, FILE, "video_init"),
        ("video", INBOX, FILE, "inbox_init"),
        ("video", DIRECT, PULL, "video_init"),
        ("video", INBOX, PULL, "inbox_init"),
        ("photos", DIRECT, PULL, "content_init"),
        ("photos", INBOX, PULL, "content_init"),
    ],
)
def test_way_ends_as_it_should_with_its_links(
    api: Api, linked: TikTokAccount, pulling: TikTokApp, worker: Worker, tiktok: Simulator, video: Media,
    photos: list[Media], kind: str, mode: str, source: str, endpoint: str,
) -> None:  # fmt: skip
    TikTokApp.objects.update(video_transfer=source)
    created = api.create(request_of(linked, [video] if kind == "video" else photos, mode)).json()
    assert (created["state"], created["source"]) == ("due", source)

    seen = run(worker, tiktok, source)

    shown: dict[str, Any] = api.get(f"/posts/{created['id']}").json()
    assert len(tiktok.requests(endpoint)) == 1
    assert shown["publish_id"] == seen.publish_id
    if mode == INBOX:
        assert (shown["state"], shown["share_urls"], shown["error"]) == ("in_inbox", [], None)
        tiktok.post_draft(seen.publish_id, count=2)
        worker.run_for(2 * 3600)
        seen, shown = only_post(tiktok), api.get(f"/posts/{created['id']}").json()
    assert shown["state"] == "published"
    assert shown["post_ids"] == [str(post_id) for post_id in seen.public_ids]
    assert (len(shown["post_ids"]), shown["share_urls"]) == (2 if mode == INBOX else 1, links_of(seen))


@pytest.mark.parametrize("mode", [DIRECT, INBOX])
def test_cancel_while_tiktok_downloads_asks_tiktok_to_stop(
    api: Api, linked: TikTokAccount, pulling: TikTokApp, worker: Worker, tiktok: Simulator, photos: list[Media],
    instance: Instance, mode: str,
) -> None:  # fmt: skip
    tiktok.settings(pull_delay_s=3600)
    post_id = api.create(request_of(linked, photos, mode)).json()["id"]
    worker.run_due()
    shown = api.get(f"/posts/{post_id}").json()
    assert shown["state"] == "processing"
    again = api.send("POST", f"/posts/{post_id}/publish", {"consent": True}).json()
    assert "cancel" in again["possible"], again

    answer = api.send("POST", f"/posts/{post_id}/cancel")
    assert (answer.status_code, answer.json()["state"]) == (202, "processing")
    worker.run_for(120)

    assert [call.endpoint for call in tiktok.requests("cancel")] == ["cancel"]
    assert api.get(f"/posts/{post_id}").json()["state"] == "cancelled"
    assert only_post(tiktok).fail_reason == "publish_cancelled"


def test_cancel_that_tiktok_refuses_leaves_the_post_to_tiktok(
    api: Api, linked: TikTokAccount, pulling: TikTokApp, worker: Worker, tiktok: Simulator, photos: list[Media]
) -> None:
    tiktok.settings(hold_processing=True)
    post_id = api.create(request_of(linked, photos, DIRECT)).json()["id"]
    worker.run_due()
    tiktok.fault("error", "cancel", code="publish_not_cancellable")

    assert api.send("POST", f"/posts/{post_id}/cancel").status_code == 202
    worker.run_for(60)
    assert api.get(f"/posts/{post_id}").json()["state"] == "processing"
    tiktok.settings(hold_processing=False)
    tiktok.finish(only_post(tiktok).publish_id)
    worker.run_for(900)

    assert api.get(f"/posts/{post_id}").json()["state"] == "published"
