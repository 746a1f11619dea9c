"""Posts as TikTok sees them."""

import json
from dataclasses import asdict, replace

import pytest

from tiktok.simulator.posts import Item, Post


def make_post(size: int, chunk: int) -> Post:
    return Post(
        publish_id="p",
        client_key="key",
        user="maren",
        post_id=1,
        created_at=0,
        processing_delay_s=0,
        moderation_delay_s=0,
        video_size=size,
        chunk_size=chunk,
        total_chunk_count=size // chunk,
    )


@pytest.mark.parametrize("size", [10, 11, 19, 20, 29, 30, 109])
def test_chunks_cover_the_video_exactly_and_as_many_as_announced(size: int) -> None:
    post, first, chunks = make_post(size, 10), 0, 0
    while first < size:
        first = post.chunk_end(first) + 1
        chunks += 1

    assert (first, chunks) == (size, size // 10)


def make_draft() -> Post:
    post = make_post(10, 10)
    post.is_draft = True
    return post


def test_pull_fails_an_hour_after_its_start_unless_it_finishes() -> None:
    post = Post("p", "key", "maren", 1, 0, processing_delay_s=5, moderation_delay_s=0, items=[Item("https://a/")])
    post.plan_pull(100)
    late = replace(post)
    post.finish(3699)

    assert (late.status(3699), late.status(3700)) == ("PROCESSING_DOWNLOAD", "FAILED")
    assert [post.status(now) for now in (3700, 3704)] == ["PROCESSING_DOWNLOAD", "PUBLISH_COMPLETE"]
    assert post.fail_reason == ""


def test_foreseen_failure_comes_with_the_end_of_processing() -> None:
    post = make_post(10, 10)
    post.processing_delay_s, post.outcome = 5, "spam_risk"
    post.finish(0)

    assert [post.status(now) for now in (4, 5)] == ["PROCESSING_UPLOAD", "FAILED"]
    assert (post.fail_reason, post.publications) == ("spam_risk", [])


def test_draft_is_posted_by_its_user_alone() -> None:
    draft = make_draft()
    draft.finish(0)
    in_inbox = draft.status(1)
    draft.post_draft(7, 10, "PUBLIC_TO_EVERYONE", title="Typed in the app")

    assert [in_inbox, draft.status(9), draft.status(10)] == ["SEND_TO_USER_INBOX"] * 2 + ["PUBLISH_COMPLETE"]
    assert (draft.public_ids(9), draft.public_ids(10)) == ([], [7])
    assert draft.publications[0].title == "Typed in the app"


def test_failure_takes_back_what_was_published() -> None:
    post = make_post(10, 10)
    post.post_info = {"privacy_level": "PUBLIC_TO_EVERYONE"}
    post.finish(0)
    post.fail("internal", 10)

    assert (post.public_ids(9), post.public_ids(10), post.published(10)) == ([1], [], [])


def test_next_change_is_the_earliest_moment_ahead() -> None:
    post = make_post(10, 10)
    post.processing_delay_s, post.moderation_delay_s = 5, 20
    post.post_info = {"privacy_level": "PUBLIC_TO_EVERYONE"}
    before = post.next_change(0)
    post.finish(0)

    assert (before, post.next_change(0), post.next_change(5), post.next_change(25)) == (None, 5, 25, None)


def test_stored_post_is_restored_with_all_its_parts() -> None:
    post = make_post(10, 10)
    post.items, post.pull.is_double = [Item("https://a/", 5)], True
    post.finish(0)

    assert Post(**json.loads(json.dumps(asdict(post)))) == post
