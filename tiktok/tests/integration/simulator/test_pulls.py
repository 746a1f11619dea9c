"""TikTok downloads media: what it gets, how it asks, and how a pull fails."""

import hashlib
import http.client
from io import BytesIO

import pytest
from PIL import Image

from tiktok.tests.integration.simulator.talk import Answer, Talk
from tiktok.tests.jobs_process import wait_until
from tiktok.tests.media_server import MediaServer, Page
from tiktok.tests.simulator_process import ControlError, SimulatedPost, Simulator

VIDEO = hashlib.shake_128(b"pulled").digest(300_000)
GONE = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)


def photo(width: int = 720, height: int = 1280, kind: str = "JPEG") -> bytes:
    content = BytesIO()
    Image.new("RGB", (width, height), (width % 256, height % 256, 90)).save(content, kind)
    return content.getvalue()


def find(tiktok: Simulator, publish_id: str) -> SimulatedPost:
    (post,) = tiktok.posts(publish_id=publish_id)
    return post


def wait_for_transfer(tiktok: Simulator, publish_id: str) -> SimulatedPost:
    """Wait until everything is there, or the pull failed."""

    def is_over() -> bool:
        post = find(tiktok, publish_id)
        return post.finished_at is not None or post.status == "FAILED"

    wait_until(is_over, what="the pull is over")
    return find(tiktok, publish_id)


def start_photos(talk: Talk, token: str, media: MediaServer, *contents: bytes) -> str:
    for number, content in enumerate(contents):
        media.add(f"{number}.jpg", content)
    return talk.photos(token, [media.url(f"{number}.jpg") for number in range(len(contents))]).publish_id


@pytest.fixture
def page(media: MediaServer) -> Page:
    return media.add("clip.mp4", VIDEO)


@pytest.fixture
def start(talk: Talk, token: str, media: MediaServer, page: Page) -> "Start":
    return Start(talk, token, media.url("clip.mp4"))


class Start:
    """Starts the pull of the clip."""

    def __init__(self, talk: Talk, token: str, url: str) -> None:
        self._talk, self._token, self.url = talk, token, url

    def __call__(self) -> str:
        return self.answer().publish_id

    def answer(self) -> Answer:
        return self._talk.pull(self._token, self.url)


def test_video_is_pulled_and_published(talk: Talk, tiktok: Simulator, token: str, start: Start) -> None:
    publish_id = start()
    post = wait_for_transfer(tiktok, publish_id)
    tiktok.advance(2)

    assert post.sha256 == hashlib.sha256(VIDEO).hexdigest()
    assert [(item.url, item.size_bytes, item.sha256) for item in post.items] == [(start.url, len(VIDEO), post.sha256)]
    assert talk.status(token, publish_id) == {
        "status": "PUBLISH_COMPLETE",
        "publicaly_available_post_id": [],
        "downloaded_bytes": len(VIDEO),
    }
    assert len(find(tiktok, publish_id).publications) == 1


def test_status_counts_the_bytes_while_they_come(
    talk: Talk, tiktok: Simulator, token: str, start: Start, page: Page
) -> None:
    page.gate.clear()
    publish_id = start()
    wait_until(lambda: tiktok.pulls(publish_id=publish_id), what="the pull has begun")
    before = talk.status(token, publish_id)
    page.gate.set()
    wait_for_transfer(tiktok, publish_id)

    assert (before["status"], before["downloaded_bytes"]) == ("PROCESSING_DOWNLOAD", 0)
    assert talk.status(token, publish_id)["downloaded_bytes"] == len(VIDEO)


def test_video_pulled_to_the_inbox_becomes_a_draft(talk: Talk, tiktok: Simulator, token: str, start: Start) -> None:
    publish_id = talk.inbox(token, {"source": "PULL_FROM_URL", "video_url": start.url}).publish_id
    wait_for_transfer(tiktok, publish_id)
    tiktok.advance(2)

    assert talk.status(token, publish_id)["status"] == "SEND_TO_USER_INBOX"


def test_photos_arrive_in_order_and_can_be_looked_at(
    talk: Talk, tiktok: Simulator, token: str, media: MediaServer
) -> None:
    photos = [photo(), photo(1080, 4000), photo(500, 400, "WEBP")]
    publish_id = start_photos(talk, token, media, *photos)
    post = wait_for_transfer(tiktok, publish_id)
    tiktok.advance(2)

    assert [tiktok.photo(publish_id, number) for number in range(3)] == photos
    assert [(item.width, item.height, item.content_type) for item in post.items] == [
        (720, 1280, "image/jpeg"),
        (1080, 4000, "image/jpeg"),
        (500, 400, "image/webp"),
    ]
    assert [item.sha256 for item in post.items] == [hashlib.sha256(content).hexdigest() for content in photos]
    assert talk.status(token, publish_id)["downloaded_bytes"] == sum(map(len, photos))
    assert find(tiktok, publish_id).status == "PUBLISH_COMPLETE"
    with pytest.raises(ControlError, match="no such photo"):
        tiktok.photo(publish_id, 3)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (photo(1081, 1200), "picture_size_check_failed"),
        (photo() + bytes(20_000_001), "picture_size_check_failed"),
        (photo(kind="PNG"), "file_format_check_failed"),
        (b"<html></html>", "file_format_check_failed"),
    ],
    ids=["1081 px", "20 MB", "PNG", "HTML"],
)
def test_photo_outside_the_limits_fails_after_the_transfer(
    talk: Talk, tiktok: Simulator, token: str, media: MediaServer, content: bytes, reason: str
) -> None:
    publish_id = start_photos(talk, token, media, photo(), content)
    wait_for_transfer(tiktok, publish_id)
    tiktok.advance(2)
    status = talk.status(token, publish_id)

    assert (status["status"], status["fail_reason"]) == ("FAILED", reason)


@pytest.mark.parametrize("status", [301, 302, 307, 403, 404, 410])
def test_redirect_or_refusal_fails_the_pull_at_once(
    talk: Talk, tiktok: Simulator, token: str, start: Start, page: Page, media: MediaServer, status: int
) -> None:
    page.statuses, page.headers = [status], {"Location": media.url("clip.mp4")}
    publish_id = start()
    post = wait_for_transfer(tiktok, publish_id)

    assert (post.status, post.fail_reason, len(media.served)) == ("FAILED", "video_pull_failed", 1)
    assert talk.status(token, publish_id)["fail_reason"] == "video_pull_failed"


def test_broken_answers_are_tried_again_up_to_a_limit(
    tiktok: Simulator, start: Start, page: Page, media: MediaServer
) -> None:
    page.statuses, page.cuts = [503], [1000]
    first = wait_for_transfer(tiktok, start())
    page.cuts = [0, 0, 0]
    second = wait_for_transfer(tiktok, start())

    assert (first.sha256, first.downloaded_bytes) == (hashlib.sha256(VIDEO).hexdigest(), len(VIDEO))
    assert (second.status, second.fail_reason) == ("FAILED", "video_pull_failed")
    assert [served.status for served in media.served] == [503, 200, 200, 200, 200, 200]
    assert [(pull.outcome, pull.received) for pull in tiktok.pulls(publish_id=first.publish_id)] == [
        ("interrupted", 0),
        ("interrupted", 1000),
        ("complete", len(VIDEO)),
    ]


def test_server_that_is_gone_fails_the_pull(talk: Talk, tiktok: Simulator, token: str, media: MediaServer) -> None:
    tiktok.settings(pull_tries=2)
    tiktok.trust_prefix("http://127.0.0.1:1/m/")
    post = wait_for_transfer(tiktok, talk.pull(token, "http://127.0.0.1:1/m/clip.mp4").publish_id)

    assert (post.status, post.fail_reason) == ("FAILED", "video_pull_failed")
    assert [pull.outcome for pull in tiktok.pulls()] == ["broken", "broken"]


def test_one_failing_photo_fails_the_carousel_without_its_name(
    talk: Talk, tiktok: Simulator, token: str, media: MediaServer
) -> None:
    media.add("0.jpg", photo())
    publish_id = talk.photos(token, [media.url("0.jpg"), media.url("missing.jpg")]).publish_id
    wait_for_transfer(tiktok, publish_id)

    assert talk.status(token, publish_id) == {
        "status": "FAILED",
        "publicaly_available_post_id": [],
        "downloaded_bytes": len(photo()),
        "fail_reason": "photo_pull_failed",
    }


def test_pull_ends_an_hour_after_its_start(
    talk: Talk, tiktok: Simulator, token: str, start: Start, page: Page, media: MediaServer
) -> None:
    page.gate.clear()
    publish_id = start()
    wait_until(lambda: media.served, what="the pull has begun")
    tiktok.advance(3598)
    before = talk.status(token, publish_id)["status"]
    tiktok.advance(2)
    page.gate.set()
    wait_until(lambda: tiktok.pulls(outcome="stopped"), what="the pull has stopped")

    assert (before, find(tiktok, publish_id).fail_reason) == ("PROCESSING_DOWNLOAD", "video_pull_failed")
    assert (find(tiktok, publish_id).finished_at, find(tiktok, publish_id).publications) == (None, [])


def test_lost_answer_does_not_stop_the_pull(tiktok: Simulator, start: Start) -> None:
    tiktok.fault("lost_answer", "video_init")
    with pytest.raises(GONE):
        start.answer()
    (post,) = tiktok.posts()
    wait_for_transfer(tiktok, post.publish_id)
    tiktok.advance(2)

    assert len(find(tiktok, post.publish_id).publications) == 1


def test_5xx_after_the_act_does_not_stop_the_pull(tiktok: Simulator, start: Start) -> None:
    tiktok.fault("server_error", "video_init", after=True)
    answer = start.answer()
    (post,) = tiktok.posts()

    assert answer.status == 500
    assert wait_for_transfer(tiktok, post.publish_id).sha256 == hashlib.sha256(VIDEO).hexdigest()


@pytest.mark.parametrize("fault", ["server_error", "html_error"])
def test_init_that_never_acted_pulls_nothing(tiktok: Simulator, start: Start, media: MediaServer, fault: str) -> None:
    tiktok.fault(fault, "video_init")

    assert start.answer().status >= 500
    assert (tiktok.posts(), tiktok.pulls(), media.served) == ([], [], [])


def test_late_pull_starts_when_its_time_has_come(tiktok: Simulator, start: Start, media: MediaServer) -> None:
    tiktok.fault("late_pull", delay_s=600)
    publish_id = start()
    tiktok.advance(590)
    at_once = wait_for_transfer(tiktok, start())
    before = tiktok.pulls(publish_id=publish_id)
    tiktok.advance(20)

    assert (before, at_once.status) == ([], "PROCESSING_DOWNLOAD")
    assert wait_for_transfer(tiktok, publish_id).sha256 == hashlib.sha256(VIDEO).hexdigest()


def test_double_pull_fetches_everything_twice_and_publishes_once(
    talk: Talk, tiktok: Simulator, token: str, media: MediaServer
) -> None:
    tiktok.fault("double_pull")
    publish_id = start_photos(talk, token, media, photo(), photo(300, 300))
    wait_for_transfer(tiktok, publish_id)
    tiktok.advance(2)

    assert sorted((pull.item, pull.is_copy) for pull in tiktok.pulls(publish_id=publish_id)) == [
        (0, False),
        (0, True),
        (1, False),
        (1, True),
    ]
    assert len(find(tiktok, publish_id).publications) == 1
    assert len(media.served) == 4


def test_odd_ranges_add_up_to_the_whole_file(tiktok: Simulator, start: Start, media: MediaServer) -> None:
    tiktok.fault("odd_ranges")
    post = wait_for_transfer(tiktok, start())

    assert post.sha256 == hashlib.sha256(VIDEO).hexdigest()
    assert [(served.range, served.status) for served in media.served] == [
        ("bytes=0-0", 206),
        ("bytes=-100", 206),
        ("bytes=1-42857", 206),
        ("bytes=42858-51151", 206),
        ("bytes=51152-175575", 206),
        ("bytes=175576-", 206),
    ]


def test_server_without_ranges_is_read_in_one_go(
    tiktok: Simulator, start: Start, page: Page, media: MediaServer
) -> None:
    page.has_ranges = False
    tiktok.fault("odd_ranges")
    post = wait_for_transfer(tiktok, start())

    assert (post.sha256, len(media.served)) == (hashlib.sha256(VIDEO).hexdigest(), 1)


def test_head_can_come_before_get(tiktok: Simulator, start: Start, media: MediaServer) -> None:
    tiktok.fault("head_first")
    post = wait_for_transfer(tiktok, start())

    assert post.sha256 == hashlib.sha256(VIDEO).hexdigest()
    assert [served.method for served in media.served] == ["HEAD", "GET"]


def test_refused_head_fails_the_pull(tiktok: Simulator, start: Start, page: Page, media: MediaServer) -> None:
    page.statuses = [405]
    tiktok.fault("head_first")
    post = wait_for_transfer(tiktok, start())

    assert (post.fail_reason, [served.method for served in media.served]) == ("video_pull_failed", ["HEAD"])


def test_abandoned_pull_breaks_off_and_has_failed(tiktok: Simulator, start: Start) -> None:
    tiktok.fault("abandoned_pull", after_bytes=100_000)
    post = wait_for_transfer(tiktok, start())
    (pull,) = tiktok.pulls()

    assert (post.status, post.fail_reason) == ("FAILED", "video_pull_failed")
    assert (pull.outcome, 100_000 <= pull.received < len(VIDEO)) == ("pullfailed", True)


def test_failed_photo_is_the_one_that_the_fault_names(
    talk: Talk, tiktok: Simulator, token: str, media: MediaServer
) -> None:
    tiktok.fault("failed_photo", item=1)
    publish_id = start_photos(talk, token, media, photo(), photo(), photo())
    post = wait_for_transfer(tiktok, publish_id)

    assert (post.status, post.fail_reason) == ("FAILED", "photo_pull_failed")
    assert [(pull.item, pull.outcome) for pull in tiktok.pulls()] == [(0, "complete"), (1, "failed_photo")]


def test_slow_pull_takes_its_time(tiktok: Simulator, start: Start) -> None:
    tiktok.fault("slow_pull", bytes_per_s=1_000_000)
    publish_id = start()
    post = wait_for_transfer(tiktok, publish_id)
    (pull,) = tiktok.pulls()

    assert post.sha256 == hashlib.sha256(VIDEO).hexdigest()
    assert (post.finished_at or 0) - pull.at >= 0.25


def test_slow_pull_is_too_slow_for_the_hour(tiktok: Simulator, start: Start) -> None:
    tiktok.fault("slow_pull", bytes_per_s=1)
    publish_id = start()
    wait_until(lambda: find(tiktok, publish_id).downloaded_bytes, what="the first byte is there")
    tiktok.advance(3600)
    wait_until(lambda: tiktok.pulls(outcome="stopped"), what="the pull has stopped")

    assert find(tiktok, publish_id).fail_reason == "video_pull_failed"


def test_faults_of_pulls_leave_uploads_alone(talk: Talk, tiktok: Simulator, token: str, start: Start) -> None:
    tiktok.fault("abandoned_pull", after_bytes=1)
    talk.init(token)

    assert [fault["fault"] for fault in tiktok.armed_faults()] == ["abandoned_pull"]
    assert wait_for_transfer(tiktok, start()).status == "FAILED"


def test_weather_of_pulls_follows_from_the_seed(talk: Talk, tiktok: Simulator, token: str, start: Start) -> None:
    tiktok.create_app(rate_limits=False, post_cap=100)
    fates = []
    for seed in (5, 5, 6):
        tiktok.weather(seed, pulls=0.6, slow_s=0.01)
        posts = [tiktok.posts(publish_id=start())[0].publish_id for _ in range(8)]
        described = [item for item in tiktok.get("posts")["items"] if item["publish_id"] in posts]
        fates.append(
            [item["pull"] | {"starts_at": item["pull"]["starts_at"] > item["created_at"]} for item in described]
        )

    assert fates[0] == fates[1] != fates[2]
    assert len({str(fate) for fate in fates[0]}) > 3


def test_running_pull_can_be_cancelled(
    talk: Talk, tiktok: Simulator, token: str, start: Start, page: Page, media: MediaServer
) -> None:
    page.gate.clear()
    publish_id = start()
    wait_until(lambda: media.served, what="the pull has begun")
    answer = talk.cancel(token, publish_id)
    again = talk.cancel(token, publish_id)
    page.gate.set()
    wait_until(lambda: tiktok.pulls(outcome="stopped"), what="the pull has stopped")

    assert (answer.outcome, sorted(answer.json())) == ((200, "ok"), ["error"])
    assert (again.outcome, sorted(again.json())) == ((400, "publish_not_cancellable"), ["error"])
    assert talk.status(token, publish_id)["fail_reason"] == "publish_cancelled"


def test_pull_that_is_over_cannot_be_cancelled(talk: Talk, tiktok: Simulator, token: str, start: Start) -> None:
    publish_id = start()
    wait_for_transfer(tiktok, publish_id)
    processing = talk.cancel(token, publish_id).outcome
    tiktok.advance(2)

    assert processing == (400, "publish_not_cancellable")
    assert talk.cancel(token, publish_id).outcome == (400, "publish_not_cancellable")
    assert talk.status(token, publish_id)["status"] == "PUBLISH_COMPLETE"


def test_upload_cannot_be_cancelled(talk: Talk, token: str) -> None:
    assert talk.cancel(token, talk.init(token).publish_id).outcome == (400, "publish_not_cancellable")


def test_foreign_pull_cannot_be_cancelled(talk: Talk, tiktok: Simulator, start: Start) -> None:
    tiktok.fault("late_pull", delay_s=1000)
    publish_id = start()
    stranger = tiktok.grant(tiktok.create_user("ole")).access_token

    assert talk.cancel(stranger, publish_id).outcome == (400, "token_not_authorized_for_specified_publish_id")


def test_cancel_needs_the_url_to_be_still_verified(
    talk: Talk, tiktok: Simulator, token: str, start: Start, media: MediaServer
) -> None:
    tiktok.fault("late_pull", delay_s=1000)
    publish_id = start()
    tiktok.remove_prefix(media.prefix)

    assert talk.cancel(token, publish_id).outcome == (403, "url_ownership_unverified")


@pytest.mark.parametrize("way", ["ignored", "too late"])
def test_accepted_cancel_may_have_no_effect(
    talk: Talk, tiktok: Simulator, token: str, start: Start, page: Page, way: str
) -> None:
    if way == "ignored":
        tiktok.fault("ignored_cancel")
    else:
        tiktok.settings(cancel_delay_s=60.0)
    page.gate.clear()
    publish_id = start()
    accepted = talk.cancel(token, publish_id).outcome
    page.gate.set()
    wait_for_transfer(tiktok, publish_id)
    tiktok.advance(61)

    assert (accepted, talk.status(token, publish_id)["status"]) == ((200, "ok"), "PUBLISH_COMPLETE")


def test_revoked_access_ends_a_running_pull(
    talk: Talk, tiktok: Simulator, maren: str, start: Start, page: Page, media: MediaServer
) -> None:
    page.gate.clear()
    publish_id = start()
    wait_until(lambda: media.served, what="the pull has begun")
    tiktok.revoke(maren)
    page.gate.set()
    wait_until(lambda: tiktok.pulls(outcome="stopped"), what="the pull has stopped")

    assert (find(tiktok, publish_id).status, find(tiktok, publish_id).fail_reason) == ("FAILED", "auth_removed")


def test_twenty_pulls_run_at_once(talk: Talk, tiktok: Simulator, token: str, start: Start, page: Page) -> None:
    tiktok.create_app(rate_limits=False, post_cap=100)
    page.gate.clear()
    ids = [start() for _ in range(20)]
    wait_until(lambda: len(tiktok.pulls(status="200")) == 20, what="all pulls have their answer")
    page.gate.set()

    assert {wait_for_transfer(tiktok, publish_id).sha256 for publish_id in ids} == {hashlib.sha256(VIDEO).hexdigest()}


def test_held_pull_and_its_foreseen_failure_work_as_for_uploads(
    talk: Talk, tiktok: Simulator, token: str, start: Start
) -> None:
    tiktok.fault("hold")
    tiktok.fault("fail_reason", reason="spam_risk")
    publish_id = start()
    wait_for_transfer(tiktok, publish_id)
    tiktok.advance(10_000)
    held = tiktok.posts(publish_id=publish_id)[0].status
    tiktok.finish(publish_id)

    assert (held, find(tiktok, publish_id).fail_reason) == ("PROCESSING_DOWNLOAD", "spam_risk")


def test_lagging_status_of_a_pull_is_still_a_download(talk: Talk, tiktok: Simulator, token: str, start: Start) -> None:
    publish_id = start()
    wait_for_transfer(tiktok, publish_id)
    tiktok.advance(2)
    tiktok.fault("lagging_status", lag_bytes=1000)

    lagging, true = talk.status(token, publish_id), talk.status(token, publish_id)
    assert (lagging["status"], lagging["downloaded_bytes"]) == ("PROCESSING_DOWNLOAD", len(VIDEO) - 1000)
    assert true["status"] == "PUBLISH_COMPLETE"


def test_reset_stops_pulls(tiktok: Simulator, start: Start, page: Page) -> None:
    page.gate.clear()
    start()
    wait_until(lambda: tiktok.pulls(status="200"), what="the pull has its answer")
    tiktok.reset()
    page.gate.set()

    assert (tiktok.posts(), tiktok.pulls()) == ([], [])
