"""Posting events: what an app learns by webhook about its posts, in what order, and with what faults."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tiktok.tests.integration.simulator.talk import Json, Talk, start_task
from tiktok.tests.integration.simulator.test_webhooks import Receiver, receiving
from tiktok.tests.jobs_process import wait_until
from tiktok.tests.simulator_process import CLIENT_KEY, Simulator

COMPLETE = "post.publish.complete"
PUBLIC = "post.publish.publicly_available"
HIDDEN = "post.publish.no_longer_publicaly_available"
DELIVERED = "post.publish.inbox_delivered"
FAILED = "post.publish.failed"


@pytest.fixture
def receiver(tiktok: Simulator) -> Iterator[Receiver]:
    with receiving() as receiver:
        tiktok.settings(webhook_pause_s=0.01)
        tiktok.create_app(webhook_url=receiver.url)
        yield receiver


@pytest.fixture
def public_post(talk: Talk, tiktok: Simulator, token: str) -> str:
    """A public post whose bytes have just arrived; its ``publish_id``."""
    task = start_task(talk, token, privacy_level="PUBLIC_TO_EVERYONE")
    talk.put(task.url, *task.piece(0))
    return task.publish_id


def wait_for_events(receiver: Receiver, count: int) -> list[tuple[str, Json]]:
    """The events that came, as name and content, once there are so many."""
    wait_until(lambda: len(receiver.came) >= count, what=f"{count} webhooks came")
    bodies = [json.loads(raw) for _, _, raw in receiver.came]
    return [(body["event"], json.loads(body["content"])) for body in bodies]


def names(receiver: Receiver, count: int) -> list[str]:
    return [name for name, _ in wait_for_events(receiver, count)]


def test_public_post_is_complete_first_and_then_public(tiktok: Simulator, receiver: Receiver, public_post: str) -> None:
    tiktok.advance(60)
    events = wait_for_events(receiver, 2)
    shared = {"publish_id": public_post, "publish_type": "DIRECT_POST"}

    assert events == [(COMPLETE, shared), (PUBLIC, {**shared, "post_id": tiktok.posts()[0].public_ids[0]})]
    bodies = [json.loads(raw) for _, _, raw in receiver.came]
    open_id = tiktok.grant("maren").open_id
    assert {(body["client_key"], body["user_openid"]) for body in bodies} == {(CLIENT_KEY, open_id)}
    assert bodies[0]["create_time"] <= bodies[1]["create_time"]


def test_each_event_comes_at_its_time(tiktok: Simulator, receiver: Receiver, public_post: str) -> None:
    tiktok.act(public_post, "hold")
    held = list(receiver.came)
    tiktok.settings(moderation_delay_s=0.0)
    tiktok.finish(public_post)
    complete = names(receiver, 1)
    tiktok.reveal(public_post)

    assert (held, complete) == ([], [COMPLETE])
    assert names(receiver, 2) == [COMPLETE, PUBLIC]


def test_private_post_is_only_complete(talk: Talk, tiktok: Simulator, token: str, receiver: Receiver) -> None:
    task = start_task(talk, token)
    talk.put(task.url, *task.piece(0))
    tiktok.advance(3600)
    tiktok.announce("the.last", user="maren")

    assert names(receiver, 2) == [COMPLETE, "the.last"]


def test_failed_post_says_why(talk: Talk, tiktok: Simulator, token: str, receiver: Receiver) -> None:
    tiktok.fault("fail_reason", reason="frame_rate_check_failed")
    task = start_task(talk, token)
    talk.put(task.url, *task.piece(0))
    tiktok.advance(60)

    assert wait_for_events(receiver, 1) == [
        (
            FAILED,
            {"publish_id": task.publish_id, "publish_type": "DIRECT_POST", "reason": "frame_rate_check_failed"},
        )
    ]


def test_draft_is_delivered_and_then_complete_as_often_as_it_is_posted(
    talk: Talk, tiktok: Simulator, token: str, receiver: Receiver
) -> None:
    data = talk.inbox(token).json()["data"]
    talk.put(data["upload_url"], bytes(1000), 0, 1000)
    tiktok.advance(60)
    delivered = wait_for_events(receiver, 1)
    tiktok.post_draft(data["publish_id"], count=2)
    tiktok.advance(60)
    events = wait_for_events(receiver, 5)

    assert delivered == [(DELIVERED, {"publish_id": data["publish_id"], "publish_type": "INBOX_SHARE"})]
    assert [name for name, _ in events] == [DELIVERED, COMPLETE, COMPLETE, PUBLIC, PUBLIC]
    assert [content["post_id"] for _, content in events[3:]] == tiktok.posts()[0].public_ids
    assert {content["publish_type"] for _, content in events} == {"INBOX_SHARE"}


def test_hidden_post_is_no_longer_public_and_can_return(
    tiktok: Simulator, receiver: Receiver, public_post: str
) -> None:
    tiktok.advance(60)
    wait_for_events(receiver, 2)
    (post_id,) = tiktok.posts()[0].public_ids
    tiktok.hide(public_post, post_id=str(post_id))
    hidden = wait_for_events(receiver, 3)[2]
    without = tiktok.posts()[0].public_ids
    tiktok.reveal(public_post)

    content = {"publish_id": public_post, "publish_type": "DIRECT_POST", "post_id": post_id}
    assert (hidden, without) == ((HIDDEN, content), [])
    assert names(receiver, 4) == [COMPLETE, PUBLIC, HIDDEN, PUBLIC]


@pytest.mark.parametrize(
    ("settings", "public", "hidden"),
    [
        ({}, PUBLIC, HIDDEN),
        ({"misspells_available": True}, "post.publish.publicaly_available", HIDDEN),
        ({"misspells_no_longer_available": False}, PUBLIC, "post.publish.no_longer_publicly_available"),
    ],
)
def test_both_spellings_can_be_had(
    tiktok: Simulator, receiver: Receiver, public_post: str, settings: dict[str, bool], public: str, hidden: str
) -> None:
    tiktok.settings(**settings)
    tiktok.advance(60)
    wait_for_events(receiver, 2)
    tiktok.hide(public_post)

    assert names(receiver, 3) == [COMPLETE, public, hidden]


def test_post_id_can_be_a_text(tiktok: Simulator, receiver: Receiver, public_post: str) -> None:
    tiktok.settings(webhook_post_id_is_text=True, direct_publish_type="DIRECT")
    tiktok.advance(60)
    content = wait_for_events(receiver, 2)[1][1]

    assert content["post_id"] == str(tiktok.posts()[0].public_ids[0])
    assert content["publish_type"] == "DIRECT"


def test_lost_webhook_never_comes(tiktok: Simulator, receiver: Receiver, public_post: str) -> None:
    tiktok.fault("lost_webhook", event=COMPLETE)
    tiktok.advance(60)

    assert names(receiver, 1) == [PUBLIC]
    assert next((item["event"], item["state"]) for item in tiktok.webhooks()) == (COMPLETE, "lost")


def test_repeated_webhook_comes_with_the_same_body(tiktok: Simulator, receiver: Receiver, public_post: str) -> None:
    tiktok.fault("repeated_webhook", event=COMPLETE, copies=3)
    tiktok.advance(60)

    assert names(receiver, 5) == [COMPLETE] * 4 + [PUBLIC]
    assert len({raw for _, _, raw in receiver.came}) == 2


@pytest.mark.parametrize(("is_reversed", "order"), [(False, [COMPLETE, PUBLIC]), (True, [PUBLIC, COMPLETE])])
def test_held_webhooks_come_in_the_order_that_a_test_wants(
    tiktok: Simulator, receiver: Receiver, public_post: str, is_reversed: bool, order: list[str]
) -> None:
    tiktok.fault("held_webhook", times=2)
    tiktok.advance(60)
    wait_until(lambda: [item["state"] for item in tiktok.webhooks()] == ["held", "held"], what="both are held")
    before = list(receiver.came)
    tiktok.release_webhooks(is_reversed=is_reversed)

    assert (before, names(receiver, 2)) == ([], order)


def test_late_webhook_is_overtaken(tiktok: Simulator, receiver: Receiver, public_post: str) -> None:
    tiktok.fault("late_webhook", event=COMPLETE, delay_s=0.5)
    tiktok.advance(60)

    assert names(receiver, 2) == [PUBLIC, COMPLETE]


def test_weather_of_webhooks_follows_from_the_seed(tiktok: Simulator, receiver: Receiver, maren: str) -> None:
    fates: list[Any] = []
    for seed in (5, 5, 6):
        tiktok.weather(seed, webhooks=0.7, slow_s=0.01)
        before = len(tiktok.webhooks())
        for number in range(12):
            tiktok.announce(COMPLETE, user=maren, content={"number": number})
        fates.append([(item["body"][-14:], item["state"] == "lost") for item in tiktok.webhooks()[before:]])

    assert fates[0] == fates[1] != fates[2]
    assert len(fates[0]) > 12
    assert {lost for _, lost in fates[0]} == {True, False}


def test_app_can_do_without_posting_events(tiktok: Simulator, receiver: Receiver, public_post: str) -> None:
    tiktok.create_app(posting_events=False)
    tiktok.advance(60)
    tiktok.announce("the.last", user="maren")

    assert names(receiver, 1) == ["the.last"]
