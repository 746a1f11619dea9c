"""POST /v2/oauth/token/ and /v2/oauth/revoke/."""

import base64
import hashlib

import pytest

from tiktok.tests.integration.simulator.talk import VERIFIER, Talk
from tiktok.tests.simulator_process import CLIENT_KEY, CLIENT_SECRET, Simulator

WEB_CALLBACK = "https://clips.example/callback/"


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_code_becomes_tokens(talk: Talk, maren: str) -> None:
    answer = talk.exchange(talk.code(maren))
    tokens = answer.json()

    assert answer.status == 200
    assert sorted(tokens) == [
        "access_token",
        "expires_in",
        "open_id",
        "refresh_expires_in",
        "refresh_token",
        "scope",
        "token_type",
    ]
    assert (tokens["expires_in"], tokens["refresh_expires_in"]) == (7200, 180 * 86400)
    assert (tokens["scope"], tokens["token_type"]) == ("user.info.basic,video.publish", "Bearer")
    assert talk.user_info(tokens["access_token"]).json()["data"]["user"]["open_id"] == tokens["open_id"]


def test_code_works_once(talk: Talk, maren: str) -> None:
    code = talk.code(maren)
    talk.exchange(code)

    assert talk.exchange(code).outcome == (200, "invalid_grant")


def test_code_lives_five_minutes(talk: Talk, tiktok: Simulator, maren: str) -> None:
    code = talk.code(maren)
    tiktok.advance(300)

    assert talk.exchange(code).outcome == (200, "invalid_grant")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_key": "wrong"}, "invalid_client"),
        ({"without": "client_key", "client_id": CLIENT_KEY}, "invalid_request"),
        ({"without": "client_secret"}, "invalid_request"),
        ({"without": "code"}, "invalid_request"),
        ({"without": "redirect_uri"}, "invalid_request"),
        ({"without": "grant_type"}, "invalid_request"),
        ({"without": "code_verifier"}, "invalid_request"),
        ({"code_verifier": VERIFIER + "x"}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"redirect_uri": "http://127.0.0.1:8001/auth/tiktok/login/callback/"}, "invalid_grant"),
        ({"code": "unknown"}, "invalid_grant"),
    ],
)
def test_bad_exchange_is_a_flat_error_with_http_200(
    talk: Talk, maren: str, changes: dict[str, str], error: str
) -> None:
    fields = {"code": talk.code(maren)} | changes
    answer = talk.exchange(**fields)

    assert answer.outcome == (200, error)
    assert sorted(answer.json()) == ["error", "error_description", "log_id"]


def test_base64url_challenge_fails_at_the_exchange(talk: Talk, maren: str) -> None:
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")

    assert talk.exchange(talk.code(maren, code_challenge=challenge)).code == "invalid_request"


def test_code_belongs_to_its_app(talk: Talk, tiktok: Simulator, maren: str) -> None:
    tiktok.create_app("other", client_secret="other-secret", redirect_uris=["http://127.0.0.1:*/x/"])

    answer = talk.exchange(talk.code(maren), client_key="other", client_secret="other-secret")
    assert answer.code == "invalid_grant"


def test_web_apps_ignore_the_verifier(talk: Talk, tiktok: Simulator, maren: str) -> None:
    tiktok.create_app(type="web", redirect_uris=[WEB_CALLBACK])
    code = talk.code(maren, redirect_uri=WEB_CALLBACK)

    answer = talk.exchange(code, without="code_verifier", redirect_uri=WEB_CALLBACK)
    assert "access_token" in answer.json()


def test_json_is_not_a_form(talk: Talk) -> None:
    answer = talk.send("POST", "/v2/oauth/token/", "{}", {"Content-Type": "application/json"})

    assert answer.outcome == (200, "invalid_request")


def test_field_sent_twice_is_malformed(talk: Talk) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = talk.send("POST", "/v2/oauth/token/", "client_key=a&client_key=b", form)

    assert answer.outcome == (200, "invalid_request")


def test_path_without_its_slash_is_unsupported(talk: Talk) -> None:
    answer = talk.send("POST", "/v2/oauth/token", "", {"Content-Type": "application/x-www-form-urlencoded"})

    assert (answer.status, answer.body) == (404, b"Unsupported path(Janus)")


def test_refreshing_rotates_and_the_old_refresh_token_dies(talk: Talk, tiktok: Simulator, maren: str) -> None:
    old = tiktok.grant(maren, scopes=["user.info.basic"])
    new = talk.refresh(old.refresh_token).json()

    assert (new["open_id"], new["scope"]) == (old.open_id, "user.info.basic")
    assert talk.user_info(new["access_token"]).status == 200
    assert talk.refresh(old.refresh_token).outcome == (200, "invalid_grant")
    assert "access_token" in talk.refresh(new["refresh_token"]).json()


def test_access_token_ends_when_it_said(talk: Talk, tiktok: Simulator, maren: str) -> None:
    tokens = tiktok.grant(maren)
    tiktok.advance(tokens.expires_in)

    assert talk.user_info(tokens.access_token).outcome == (401, "access_token_invalid")


def test_refresh_token_ends_when_it_said(talk: Talk, tiktok: Simulator, maren: str) -> None:
    tokens = tiktok.grant(maren)
    tiktok.advance(tokens.refresh_expires_in)

    assert talk.refresh(tokens.refresh_token).code == "invalid_grant"


def test_lifetimes_are_the_apps(talk: Talk, tiktok: Simulator, maren: str) -> None:
    tiktok.create_app(access_lifetime_s=86400, refresh_lifetime_s=1000, refresh_restarts_lifetime=False)
    tokens = tiktok.grant(maren)
    tiktok.advance(400)
    refreshed = talk.refresh(tokens.refresh_token).json()

    assert refreshed["expires_in"] == 86400
    assert 595 <= refreshed["refresh_expires_in"] <= 600


def test_used_up_refresh_token_that_comes_again_is_noted(talk: Talk, tiktok: Simulator, maren: str) -> None:
    first = tiktok.grant(maren)
    second = talk.refresh(first.refresh_token).json()
    for _ in range(2):
        talk.refresh(first.refresh_token)
    talk.refresh("rft.unknown")

    pairs = tiktok.pairs(user=maren)
    assert [(pair.used_at is not None, pair.used_again) for pair in pairs] == [(True, 2), (False, 0)]
    assert [(pair.open_id, pair.access, pair.refresh) for pair in pairs] == [
        (first.open_id, sha256(first.access_token), sha256(first.refresh_token)),
        (first.open_id, sha256(second["access_token"]), sha256(second["refresh_token"])),
    ]


def test_app_may_keep_its_refresh_tokens_or_end_old_access_tokens(talk: Talk, tiktok: Simulator, maren: str) -> None:
    tiktok.create_app(refresh_rotates=False, refresh_ends_access=True)
    old = tiktok.grant(maren)
    new = talk.refresh(old.refresh_token).json()

    assert new["refresh_token"] == old.refresh_token
    assert talk.user_info(old.access_token).code == "access_token_invalid"
    assert talk.user_info(new["access_token"]).status == 200
    assert "access_token" in talk.refresh(old.refresh_token).json()


def test_access_token_does_not_refresh(talk: Talk, tiktok: Simulator, maren: str) -> None:
    assert talk.refresh(tiktok.grant(maren).access_token).code == "invalid_grant"


def revoke(talk: Talk, token: str, secret: str = CLIENT_SECRET) -> tuple[int, bytes]:
    answer = talk.oauth("revoke", {"client_key": CLIENT_KEY, "client_secret": secret, "token": token})
    return answer.status, answer.body


def test_revoking_ends_every_token_of_the_user(talk: Talk, tiktok: Simulator, maren: str) -> None:
    tokens = tiktok.grant(maren)

    assert revoke(talk, tokens.access_token) == (200, b"{}")
    assert talk.user_info(tokens.access_token).code == "access_token_invalid"
    assert talk.refresh(tokens.refresh_token).code == "invalid_grant"
    assert tiktok.get("grants")["items"] == []


def test_revoking_needs_the_access_token_and_the_secret(talk: Talk, tiktok: Simulator, maren: str) -> None:
    tokens = tiktok.grant(maren)
    for answer in (revoke(talk, tokens.refresh_token), revoke(talk, tokens.access_token, "wrong")):
        assert answer[0] == 200
        assert b'"error"' in answer[1]
    assert talk.user_info(tokens.access_token).status == 200


def test_second_consent_can_end_the_first_tokens(talk: Talk, tiktok: Simulator, maren: str) -> None:
    tiktok.create_app(reauthorization_ends_tokens=True)
    first, second = tiktok.grant(maren), tiktok.grant(maren)

    assert talk.user_info(first.access_token).code == "access_token_invalid"
    assert talk.user_info(second.access_token).status == 200


def test_open_id_is_of_one_user_and_one_app(tiktok: Simulator, maren: str) -> None:
    tiktok.create_app("other")
    tiktok.create_user("ole")
    grants = [tiktok.grant(maren), tiktok.grant(maren, client_key="other"), tiktok.grant("ole")]

    assert len({grant.open_id for grant in grants}) == 3
    assert tiktok.grant(maren).open_id == grants[0].open_id


def test_client_credentials_give_a_token_without_a_user(talk: Talk, token: str) -> None:
    fields = {"client_key": CLIENT_KEY, "client_secret": CLIENT_SECRET, "grant_type": "client_credentials"}
    answer = talk.oauth("token", fields).json()

    assert sorted(answer) == ["access_token", "expires_in", "token_type"]
    assert talk.user_info(answer["access_token"]).code == "access_token_invalid"
