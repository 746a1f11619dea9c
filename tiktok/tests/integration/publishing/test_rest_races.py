"""Fifty equal requests at once make one post."""

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
