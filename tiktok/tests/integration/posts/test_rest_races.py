"""Many requests at once: equal ones make one post, changes of different fields all stay, one decision wins."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.models import Media, Post, PostEvent, TikTokAccount
from tiktok.tests.factories import make_media
from tiktok.tests.fixtures_rest import Api, body_of
from tiktok.tests.simulator_process import Simulator

MANY = 50


@pytest.mark.parametrize("draft", [True, False])
def test_fifty_equal_requests_make_one_post(
    transactional_db: None, api: Api, linked: TikTokAccount, instance: Instance, tiktok: Simulator, draft: bool
) -> None:
    with instance_scope(instance):
        clip: Media = make_media(instance)
    body = body_of(linked, clip, draft=draft)

    def send(_: int) -> tuple[int, str, str]:
        try:
            answer = Api(api.key).create(body, key="k1")
            return answer.status_code, answer.json().get("id", ""), answer.get("Idempotency-Replayed", "")
        finally:
            connection.close()

    with ThreadPoolExecutor(MANY) as pool:
        answers = Counter(pool.map(send, range(MANY)))

    with instance_scope(instance):
        post = Post.objects.get()
        assert PostEvent.objects.filter(post=post).count() == (1 if draft else 2)
    assert answers == {(201, str(post.pk), ""): 1, (201, str(post.pk), "true"): MANY - 1}
    assert len(tiktok.requests("creator_info")) == (0 if draft else 1)  # its rate is 20 a minute


def test_changes_of_different_fields_at_once_all_stay(
    transactional_db: None, api: Api, linked: TikTokAccount, instance: Instance
) -> None:
    draft = api.create(body_of(linked, None, draft=True)).json()["id"]
    switches = ["allow_comment", "allow_duet", "allow_stitch", "brand_organic", "is_aigc"]

    def change(name: str) -> int:
        try:
            return Api(api.key).send("PATCH", f"/posts/{draft}", {name: True}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(switches)) as pool:
        assert list(pool.map(change, switches)) == [200] * len(switches)
    post = api.get(f"/posts/{draft}").json()
    assert [post[name] for name in switches] == [True] * len(switches)


def test_of_many_who_publish_and_cancel_at_once_each_decision_counts_once(
    transactional_db: None, api: Api, linked: TikTokAccount, instance: Instance
) -> None:
    with instance_scope(instance):
        clip: Media = make_media(instance)
    draft = api.create(body_of(linked, clip, draft=True)).json()["id"]

    def decide(number: int) -> int:
        try:
            own = Api(api.key)
            return (own.publish(draft) if number % 2 else own.send("POST", f"/posts/{draft}/cancel")).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        answers = Counter(pool.map(decide, range(10)))
    assert set(answers) == {202, 409}
    moves = [event["to"] for event in api.get(f"/posts/{draft}/events").json()["items"]]
    assert moves in (["draft", "due", "cancelled"], ["draft", "cancelled"])
    assert answers[202] == len(moves) - 1
