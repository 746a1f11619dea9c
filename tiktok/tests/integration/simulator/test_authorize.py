"""GET and POST /v2/auth/authorize/: the consent page."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tiktok.tests.integration.simulator.talk import CALLBACK, Talk
from tiktok.tests.simulator_process import Simulator

SESSION = {"Cookie": "simulated_tiktok_session=maren"}


def callback_query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def test_page_names_itself_the_users_and_the_scopes(talk: Talk, maren: str) -> None:
    answer = talk.authorize()
    html = answer.body.decode()

    assert answer.status == 200
    assert "<title>Simulated TikTok: Simulated app asks for access</title>" in html
    assert "Maren Bakes" in html
    assert 'name="scope" value="video.publish" checked' in html
    assert "<script" not in html


def test_allowing_comes_back_with_code_scopes_and_state(talk: Talk, tiktok: Simulator, maren: str) -> None:
    url = tiktok.consent(talk.authorize_target(state="s&t a/te"), maren)
    query = callback_query(url)

    assert url.startswith(f"{CALLBACK}?")
    assert (query["scopes"], query["state"]) == ("user.info.basic,video.publish", "s&t a/te")
    assert "*" in query["code"]
    assert "!" in query["code"]
    assert "%2A" in url


def test_single_scopes_can_be_refused(talk: Talk, tiktok: Simulator, maren: str) -> None:
    url = tiktok.consent(talk.authorize_target(), maren, scopes=["user.info.basic"])

    assert callback_query(url)["scopes"] == "user.info.basic"


def test_scope_that_was_not_asked_for_cannot_be_granted(talk: Talk, tiktok: Simulator, maren: str) -> None:
    url = tiktok.consent(talk.authorize_target(scope="user.info.basic"), maren)

    assert callback_query(url)["scopes"] == "user.info.basic"


def test_cancelling_comes_back_with_an_error(talk: Talk, tiktok: Simulator, maren: str) -> None:
    url = tiktok.consent(talk.authorize_target(), maren, allow=False)

    assert callback_query(url) == {
        "error": "access_denied",
        "error_description": "The user denied the request.",
        "state": "a state",
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"client_key": "another"},
        {"without": "client_key"},
        {"response_type": "token"},
        {"scope": "user.info.basic video.publish"},
        {"scope": "user.info.everything"},
        {"scope": ""},
        {"redirect_uri": CALLBACK.rstrip("/")},
        {"redirect_uri": CALLBACK + "?a=b"},
        {"redirect_uri": "http://127.0.0.1/auth/tiktok/login/callback/"},
        {"redirect_uri": "http://127.0.0.1:8000@evil.example/auth/tiktok/login/callback/"},
        {"without": "state"},
        {"without": "code_challenge"},
        {"code_challenge_method": "plain"},
        {"without": "code_challenge_method"},
    ],
)
def test_bad_request_ends_on_an_error_page(talk: Talk, maren: str, changes: dict[str, str]) -> None:
    answer = talk.authorize(**changes)

    assert answer.status == 400
    assert b"Something went wrong" in answer.body
    assert "Location" not in answer.headers


def test_scope_that_the_app_lacks_is_refused(talk: Talk, tiktok: Simulator, maren: str) -> None:
    tiktok.create_app(scopes=["user.info.basic"])

    assert talk.authorize().status == 400


def test_client_id_is_not_client_key(talk: Talk) -> None:
    assert talk.authorize(without="client_key", client_id="sim-client-key").status == 400


@pytest.mark.parametrize("changes", [{"disable_auto_auth": "0"}, {"without": "disable_auto_auth"}])
def test_session_skips_the_page_unless_told_otherwise(talk: Talk, maren: str, changes: dict[str, str]) -> None:
    answer = talk.send("GET", talk.authorize_target(**changes), headers=SESSION)

    assert answer.status == 302
    assert callback_query(answer.headers["Location"])["scopes"] == "user.info.basic,video.publish"


def test_with_disable_auto_auth_the_page_is_always_shown(talk: Talk, maren: str) -> None:
    assert talk.send("GET", talk.authorize_target(), headers=SESSION).status == 200


def test_allowing_remembers_who_signed_in(talk: Talk, maren: str) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    body = "user=maren&scope=user.info.basic&decision=allow"
    answer = talk.send("POST", talk.authorize_target(), body, form)

    assert answer.headers["Set-Cookie"].startswith("simulated_tiktok_session=maren;")


def test_web_apps_need_no_challenge(talk: Talk, tiktok: Simulator, maren: str) -> None:
    tiktok.create_app(type="web", redirect_uris=["https://clips.example/auth/tiktok/login/callback/"])

    answer = talk.authorize(without="code_challenge", redirect_uri="https://clips.example/auth/tiktok/login/callback/")
    assert answer.status == 200


def test_names_of_users_are_escaped(talk: Talk, tiktok: Simulator) -> None:
    tiktok.create_user("x", display_name="<b>Bold</b>")

    assert b"<b>Bold" not in talk.authorize().body
