"""Redirect URIs as TikTok registers and matches them, and chunks as announced."""

import pytest

from tiktok.simulator.entities import App, Post, redirect_fault

LOCAL = "http://127.0.0.1:*/callback/"


@pytest.mark.parametrize(
    ("uri", "app_type", "loopback", "is_accepted"),
    [
        ("https://clips.example/callback/", "web", False, True),
        ("http://clips.example/callback/", "web", False, False),
        ("http://clips.example/callback/", "web", True, False),
        ("http://127.0.0.1:8000/callback/", "web", True, True),
        ("http://127.0.0.1:8000/callback/", "web", False, False),
        ("https://clips.example/callback/?a=b", "web", False, False),
        ("https://clips.example/callback/#a", "web", False, False),
        ("https://clips.example/" + "x" * 500, "web", False, False),
        ("/callback/", "web", False, False),
        (LOCAL, "desktop", False, True),
        ("https://localhost:3000/callback/", "desktop", False, True),
        ("http://127.0.0.1/callback/", "desktop", False, False),
        ("http://127.0.0.1:99999/callback/", "desktop", False, False),
        ("https://clips.example:443/callback/", "desktop", False, False),
    ],
)
def test_redirect_uris_are_registered_by_the_rules(uri: str, app_type: str, loopback: bool, is_accepted: bool) -> None:
    assert (redirect_fault(uri, app_type=app_type, loopback=loopback) == "") is is_accepted


@pytest.mark.parametrize(
    ("uri", "is_match"),
    [
        ("http://127.0.0.1:8000/callback/", True),
        ("http://127.0.0.1:1/callback/", True),
        ("http://127.0.0.1:8000/callback", False),
        ("http://127.0.0.1:8000/callback/?x", False),
        ("http://127.0.0.1:8000/other/", False),
        ("http://127.0.0.1/callback/", False),
        ("http://127.0.0.1:/callback/", False),
        ("http://127.0.0.1:80@evil.example/callback/", False),
        ("http://127.0.0.12:80/callback/", False),
        ("http://localhost:8000/callback/", False),
        ("https://127.0.0.1:8000/callback/", False),
    ],
)
def test_star_stands_for_the_port_alone(uri: str, is_match: bool) -> None:
    assert App("key", redirect_uris=[LOCAL]).accepts_redirect(uri) is is_match


def make_post(size: int, chunk: int) -> Post:
    return Post(
        publish_id="p",
        client_key="key",
        user="maren",
        post_id=1,
        post_info={},
        video_size=size,
        chunk_size=chunk,
        total_chunk_count=size // chunk,
        upload_id="u",
        upload_token="t",
        created_at=0,
        url_expires_at=3600,
        processing_delay_s=0,
        moderation_delay_s=0,
    )


@pytest.mark.parametrize("size", [10, 11, 19, 20, 29, 30, 109])
def test_chunks_cover_the_video_exactly_and_as_many_as_announced(size: int) -> None:
    post, first, chunks = make_post(size, 10), 0, 0
    while first < size:
        first = post.chunk_end(first) + 1
        chunks += 1

    assert (first, chunks) == (size, size // 10)
