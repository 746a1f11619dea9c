"""GET /v2/user/info/ and the avatars."""

from io import BytesIO
from urllib.parse import urlsplit

import pytest
from PIL import Image

from tiktok.tests.integration.simulator.talk import Talk
from tiktok.tests.simulator_process import Simulator


def test_profile_holds_exactly_the_fields_asked_for(talk: Talk, tiktok: Simulator, maren: str) -> None:
    tiktok.create_user("maren", follower_count=2**40, is_verified=True)
    answer = talk.user_info(tiktok.grant(maren).access_token, "username,follower_count,is_verified")

    assert answer.outcome == (200, "ok")
    assert answer.json()["data"] == {"user": {"username": "maren", "follower_count": 2**40, "is_verified": True}}


@pytest.mark.parametrize("fields", ["", "open_id,shoe_size"])
def test_missing_or_unknown_fields_are_refused(talk: Talk, token: str, fields: str) -> None:
    assert talk.user_info(token, fields).outcome == (400, "invalid_params")


def test_one_field_without_its_scope_fails_all(talk: Talk, tiktok: Simulator, maren: str) -> None:
    token = tiktok.grant(maren, scopes=["user.info.basic"]).access_token

    assert talk.user_info(token, "open_id").status == 200
    assert talk.user_info(token, "open_id,username").outcome == (401, "scope_not_authorized")


@pytest.mark.parametrize("header", ["", "Bearer nonsense", "bearer {}", "Token {}"])
def test_invalid_bearer_token_reveals_nothing(talk: Talk, token: str, header: str) -> None:
    headers = {"Authorization": header.format(token)}
    answer = talk.send("GET", "/v2/user/info/?fields=open_id", headers=headers)

    assert answer.outcome == (401, "access_token_invalid")


def test_avatar_is_a_picture_for_two_hours(talk: Talk, tiktok: Simulator, token: str) -> None:
    url = talk.user_info(token, "avatar_large_url").json()["data"]["user"]["avatar_large_url"]
    target = f"{urlsplit(url).path}?{urlsplit(url).query}"
    picture = talk.send("GET", target)
    tiktok.advance(7201)

    assert picture.headers["Content-Type"] == "image/png"
    with Image.open(BytesIO(picture.body)) as image:
        image.load()
        assert (image.size, image.mode) == ((360, 360), "RGB")
    assert talk.send("GET", target).status == 403
