import hashlib
from base64 import urlsafe_b64decode
from itertools import product
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import requests
import responses

from tiktok.api import errors, login_kit
from tiktok.api.client import TikTokClient
from tiktok.api.errors import TikTokError
from tiktok.api.limits import Endpoint
from tiktok.api.secret import Secret
from tiktok.api.types import TokenSet

TOKEN_URL = f"https://open.tiktokapis.com{Endpoint.OAUTH_TOKEN}"
REVOKE_URL = f"https://open.tiktokapis.com{Endpoint.OAUTH_REVOKE}"
PAIR: dict[str, object] = {
    "open_id": "open-1",
    "scope": "user.info.basic,video.publish",
    "access_token": "act.new",
    "expires_in": 7200,
    "refresh_token": "rft.new",
    "refresh_expires_in": "15552000",
    "token_type": "Bearer",
}
TOKENS = TokenSet(
    "open-1", ("user.info.basic", "video.publish"), Secret("act.new"), Secret("rft.new"), 7200, 15552000, "Bearer"
)
SECRET = Secret("the-client-secret")


def fetch(client: TikTokClient, code_verifier: str | None = None) -> TokenSet:
    return login_kit.fetch_token(
        client,
        client_key="key",
        client_secret=SECRET,
        code="a*b!c%2A",
        redirect_uri="https://clipdesk.example/cb/",
        code_verifier=code_verifier,
    )


def refresh(client: TikTokClient) -> TokenSet:
    return login_kit.refresh_token(client, client_key="key", client_secret=SECRET, refresh_token=Secret("rft.old"))


def revoke(client: TikTokClient) -> None:
    login_kit.revoke_token(client, client_key="key", client_secret=SECRET, access_token=Secret("act.old"))


def sent_form(mocked: responses.RequestsMock) -> dict[str, str]:
    return dict(parse_qsl(str(mocked.calls[0].request.body), strict_parsing=True))


def test_consent_page_is_always_shown_with_scopes_in_a_fixed_order(client: TikTokClient) -> None:
    url = login_kit.authorize_url(
        client,
        client_key="key",
        scopes={"video.upload", "user.info.basic", "video.list", "new.b", "new.a"},
        redirect_uri="https://clipdesk.example/cb/?a=b",
        state="s&t",
    )

    assert url.startswith("https://www.tiktok.com/v2/auth/authorize/?")
    assert parse_qs(urlsplit(url).query) == {
        "client_key": ["key"],
        "response_type": ["code"],
        "scope": ["user.info.basic,video.list,video.upload,new.a,new.b"],
        "redirect_uri": ["https://clipdesk.example/cb/?a=b"],
        "state": ["s&t"],
        "disable_auto_auth": ["1"],
    }


def test_challenge_is_sent_as_s256(client: TikTokClient) -> None:
    url = login_kit.authorize_url(
        client, client_key="key", scopes=[], redirect_uri="https://x.example/", state="s", code_challenge="abc"
    )
    query = parse_qs(urlsplit(url).query)
    assert (query["code_challenge"], query["code_challenge_method"]) == (["abc"], ["S256"])


def test_verifiers_are_fresh_and_of_the_allowed_shape() -> None:
    verifiers = {login_kit.make_verifier() for _ in range(50)}
    assert len(verifiers) == 50
    assert all(len(verifier) == 64 and set(verifier) <= login_kit_alphabet() for verifier in verifiers)


def login_kit_alphabet() -> set[str]:
    return set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def test_challenge_is_hex_for_desktop_and_base64url_by_rfc_7636() -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert login_kit.challenge(verifier, "base64url") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    digest = hashlib.sha256(verifier.encode()).hexdigest()
    assert login_kit.challenge(verifier, "hex") == digest
    assert urlsafe_b64decode(login_kit.challenge(verifier, "base64url") + "=").hex() == digest


def test_code_is_exchanged_for_a_pair(mocked: responses.RequestsMock, client: TikTokClient) -> None:
    mocked.post(TOKEN_URL, json=PAIR)

    assert fetch(client, code_verifier="verifier") == TOKENS
    assert sent_form(mocked) == {
        "client_key": "key",
        "client_secret": "the-client-secret",
        "code": "a*b!c%2A",
        "grant_type": "authorization_code",
        "redirect_uri": "https://clipdesk.example/cb/",
        "code_verifier": "verifier",
    }
    assert mocked.calls[0].request.headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_refresh_returns_the_new_pair(mocked: responses.RequestsMock, client: TikTokClient) -> None:
    mocked.post(TOKEN_URL, json=PAIR)

    assert refresh(client) == TOKENS
    assert sent_form(mocked) == {
        "client_key": "key",
        "client_secret": "the-client-secret",
        "grant_type": "refresh_token",
        "refresh_token": "rft.old",
    }


@pytest.mark.parametrize(
    ("code", "of_fetch", "of_refresh", "may_repeat"),
    [
        ("access_denied", errors.AuthorizationRefused, errors.AuthorizationRefused, False),
        ("invalid_client", errors.InvalidClient, errors.InvalidClient, False),
        ("invalid_grant", errors.AuthorizationRefused, errors.RefreshTokenRejected, False),
        ("invalid_request", errors.OperatorFault, errors.OperatorFault, False),
        ("invalid_scope", errors.OperatorFault, errors.OperatorFault, False),
        ("unauthorized_client", errors.OperatorFault, errors.OperatorFault, False),
        ("unsupported_grant_type", errors.OperatorFault, errors.OperatorFault, False),
        ("unsupported_response_type", errors.OperatorFault, errors.OperatorFault, False),
        ("server_error", errors.TikTokUnavailable, errors.TikTokUnavailable, True),
        ("temporarily_unavailable", errors.TikTokUnavailable, errors.TikTokUnavailable, True),
        ("brand_new", errors.UnknownRefusal, errors.UnknownRefusal, False),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 401])
def test_oauth_error_follows_from_its_code_with_any_status(
    mocked: responses.RequestsMock,
    client: TikTokClient,
    code: str,
    of_fetch: type[TikTokError],
    of_refresh: type[TikTokError],
    may_repeat: bool,
    status: int,
) -> None:
    mocked.post(TOKEN_URL, json={"error": code, "error_description": "So.", "log_id": "2026L"}, status=status)

    with pytest.raises(TikTokError) as of_a_code:
        fetch(client)
    with pytest.raises(TikTokError) as of_a_token:
        refresh(client)

    assert (type(of_a_code.value), of_a_code.value.may_repeat) == (of_fetch, False)
    assert (type(of_a_token.value), of_a_token.value.may_repeat) == (of_refresh, may_repeat)
    assert (of_a_token.value.code, of_a_token.value.message, of_a_token.value.log_id) == (code, "So.", "2026L")


@pytest.mark.parametrize(
    ("status", "error"),
    [(200, errors.UnreadableAnswer), (403, errors.UnreadableAnswer), (502, errors.TikTokUnavailable)],
)
@pytest.mark.parametrize("body", ["", "<html>", "[]", "{}", '{"error": null}', '{"error": {"code": "ok"}}'])
def test_answer_without_error_and_token_is_no_success(
    mocked: responses.RequestsMock, client: TikTokClient, status: int, error: type[TikTokError], body: str
) -> None:
    mocked.post(TOKEN_URL, body=body, status=status)
    with pytest.raises(error):
        refresh(client)


@pytest.mark.parametrize("status", [200, 500])
def test_received_pair_is_kept_with_any_status(
    mocked: responses.RequestsMock, client: TikTokClient, status: int
) -> None:
    mocked.post(TOKEN_URL, json={**PAIR, "error": ""}, status=status)
    assert refresh(client) == TOKENS


LACKING: list[tuple[str, object]] = [
    *product(["open_id", "access_token", "refresh_token"], [None, "", [], 1]),
    *product(["access_token", "refresh_token"], ["a b", "a\nb", "ä"]),
    *product(["expires_in", "refresh_expires_in"], [None, "", "soon", 10**30]),
]


@pytest.mark.parametrize(("name", "value"), LACKING)
def test_pair_that_lacks_something_is_unreadable(
    mocked: responses.RequestsMock, client: TikTokClient, name: str, value: object
) -> None:
    mocked.post(TOKEN_URL, json={**PAIR, name: value})
    with pytest.raises(errors.UnreadableAnswer):
        refresh(client)


def test_lost_answer_is_unclear(mocked: responses.RequestsMock, client: TikTokClient) -> None:
    mocked.post(TOKEN_URL, body=requests.ReadTimeout("x"))
    with pytest.raises(errors.AnswerLost) as of_a_code:
        fetch(client)
    with pytest.raises(errors.AnswerLost) as of_a_token:
        refresh(client)
    assert (of_a_code.value.may_repeat, of_a_token.value.may_repeat) == (False, True)


@pytest.mark.parametrize("body", ["", "{}"])
def test_token_is_revoked(mocked: responses.RequestsMock, client: TikTokClient, body: str) -> None:
    mocked.post(REVOKE_URL, body=body)

    revoke(client)

    assert sent_form(mocked) == {"client_key": "key", "client_secret": "the-client-secret", "token": "act.old"}


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, '{"error": "invalid_grant"}', errors.AuthorizationRefused),
        (400, '{"error": "invalid_client"}', errors.InvalidClient),
        (404, "", errors.UnreadableAnswer),
        (503, "{}", errors.TikTokUnavailable),
    ],
)
def test_revoke_that_failed_says_so(
    mocked: responses.RequestsMock, client: TikTokClient, status: int, body: str, error: type[TikTokError]
) -> None:
    mocked.post(REVOKE_URL, body=body, status=status)
    with pytest.raises(error):
        revoke(client)
