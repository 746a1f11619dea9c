"""Drafts in the user's inbox, and what the user makes of them in TikTok's app."""

from urllib.parse import urlencode

import pytest

from tiktok.tests.integration.simulator.talk import Talk
from tiktok.tests.simulator_process import ControlError, Simulator


@pytest.fixture
def draft(talk: Talk, tiktok: Simulator, token: str) -> str:
    """A draft that was delivered to the inbox; its ``publish_id``."""
    return deliver(talk, tiktok, token)


def deliver(talk: Talk, tiktok: Simulator, token: str) -> str:
    data = talk.inbox(token).json()["data"]
    assert talk.put(data["upload_url"], bytes(1000), 0, 1000).status == 201
    tiktok.advance(2)
    return str(data["publish_id"])


def test_processed_draft_waits_in_the_inbox(talk: Talk, tiktok: Simulator, token: str, draft: str) -> None:
    tiktok.advance(3600)

    assert talk.status(token, draft) == {
        "status": "SEND_TO_USER_INBOX",
        "publicaly_available_post_id": [],
        "uploaded_bytes": 1000,
    }
    assert tiktok.posts()[0].publications == []


def test_draft_is_delivered_only_after_its_processing(talk: Talk, tiktok: Simulator, token: str) -> None:
    data = talk.inbox(token).json()["data"]
    empty = talk.status(token, data["publish_id"])["status"]
    talk.put(data["upload_url"], bytes(1000), 0, 1000)

    assert (empty, talk.status(token, data["publish_id"])["status"]) == ("PROCESSING_UPLOAD", "PROCESSING_UPLOAD")


def test_draft_posted_three_times_has_three_ids(talk: Talk, tiktok: Simulator, token: str, draft: str) -> None:
    tiktok.post_draft(draft, count=2)
    tiktok.advance(5)
    tiktok.post_draft(draft, privacy_level="SELF_ONLY", title="Only mine")
    tiktok.advance(5)
    status, (post,) = talk.status(token, draft), tiktok.posts()

    assert status["status"] == "PUBLISH_COMPLETE"
    assert [str(post_id) for post_id in status["publicaly_available_post_id"]] == [
        publication.post_id for publication in post.publications if publication.is_public
    ]
    assert [(p.privacy_level, p.title, p.is_public) for p in post.publications] == [
        ("PUBLIC_TO_EVERYONE", "", True),
        ("PUBLIC_TO_EVERYONE", "", True),
        ("SELF_ONLY", "Only mine", False),
    ]
    assert len({publication.post_id for publication in post.publications}) == 3


def test_posted_draft_is_public_only_after_moderation(talk: Talk, tiktok: Simulator, token: str, draft: str) -> None:
    tiktok.post_draft(draft)
    before = talk.status(token, draft)
    tiktok.advance(2)

    assert (before["status"], before["publicaly_available_post_id"]) == ("PUBLISH_COMPLETE", [])
    assert len(talk.status(token, draft)["publicaly_available_post_id"]) == 1


def test_photo_draft_keeps_its_texts(talk: Talk, tiktok: Simulator, token: str) -> None:
    tiktok.settings(pull_delay_s=1e7)
    tiktok.trust_domain("clips.example")
    texts = {"title": "A title", "description": "A description"}
    publish_id = talk.draft_photos(token, ["https://clips.example/1.jpg"], **texts).publish_id

    (post,) = tiktok.posts(publish_id=publish_id)
    assert (post.is_draft, post.media_type, post.post_info) == (True, "PHOTO", texts)


@pytest.mark.parametrize("end", ["post_draft", "delete_draft", "expire_draft"])
def test_finished_draft_makes_room_for_another(talk: Talk, tiktok: Simulator, token: str, draft: str, end: str) -> None:
    for _ in range(4):
        talk.inbox(token)
    full = talk.inbox(token).code
    tiktok.advance(60)
    tiktok.act(draft, end)

    assert (full, talk.inbox(token).code) == ("spam_risk_too_many_pending_share", "ok")


def test_failed_draft_does_not_count_as_unfinished(talk: Talk, tiktok: Simulator, token: str, draft: str) -> None:
    for _ in range(4):
        talk.inbox(token)
    tiktok.advance(60)
    tiktok.fail(draft, "internal")

    assert talk.inbox(token).code == "ok"


def test_drafts_do_not_count_towards_the_daily_cap(talk: Talk, tiktok: Simulator, token: str, draft: str) -> None:
    tiktok.create_app(post_cap=1)
    tiktok.post_draft(draft)

    assert talk.init(token).code == "ok"


def test_deleted_draft_stays_as_it_was(talk: Talk, tiktok: Simulator, token: str, draft: str) -> None:
    tiktok.delete_draft(draft)

    assert talk.status(token, draft)["status"] == "SEND_TO_USER_INBOX"
    with pytest.raises(ControlError, match="no such draft"):
        tiktok.post_draft(draft)


def test_id_of_an_expired_draft_is_unknown(talk: Talk, tiktok: Simulator, token: str, draft: str) -> None:
    tiktok.expire_draft(draft)

    answer = talk.publish("status/fetch", token, {"publish_id": draft})
    assert answer.outcome == (400, "invalid_publish_id")


def test_only_delivered_drafts_can_be_posted(talk: Talk, tiktok: Simulator, token: str) -> None:
    early = talk.inbox(token).publish_id
    direct = talk.init(token).publish_id

    for publish_id in (early, direct):
        with pytest.raises(ControlError, match="no such draft"):
            tiktok.post_draft(publish_id)


def test_revoked_access_leaves_a_delivered_draft(talk: Talk, tiktok: Simulator, maren: str, draft: str) -> None:
    tiktok.revoke(maren)

    assert tiktok.posts()[0].status == "SEND_TO_USER_INBOX"


def press(talk: Talk, publish_id: str, act: str, origin: str, level: str = "SELF_ONLY") -> int:
    fields = {"publish_id": publish_id, "act": act, "privacy_level": level}
    kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": origin}
    return talk.send("POST", "/inbox/", urlencode(fields), kind).status


def test_inbox_page_posts_and_deletes_drafts(talk: Talk, tiktok: Simulator, draft: str) -> None:
    shown = talk.send("GET", "/inbox/").body.decode()
    statuses = [press(talk, draft, "post_draft", tiktok.base_url) for _ in range(2)]
    again = talk.send("GET", "/inbox/").body.decode()
    statuses.append(press(talk, draft, "delete_draft", tiktok.base_url))

    assert (f'value="{draft}"' in shown, "posts so far: 2" in again, statuses) == (True, True, [303] * 3)
    assert [publication.privacy_level for publication in tiktok.posts()[0].publications] == ["SELF_ONLY"] * 2
    assert "The inbox is empty" in talk.send("GET", "/inbox/").body.decode()


@pytest.mark.parametrize(
    ("act", "origin", "level", "status"),
    [
        ("post_draft", "https://evil.example", "SELF_ONLY", 403),
        ("fail", "", "SELF_ONLY", 400),
        ("post_draft", "", "EVERYONE", 400),
    ],
)
def test_inbox_page_refuses_what_is_not_its_own(
    talk: Talk, tiktok: Simulator, draft: str, act: str, origin: str, level: str, status: int
) -> None:
    assert press(talk, draft, act, origin, level) == status
    assert tiktok.posts()[0].status == "SEND_TO_USER_INBOX"
