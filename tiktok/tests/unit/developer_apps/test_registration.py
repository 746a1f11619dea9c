"""An app compared with the registration that this deployment needs at TikTok."""

import pytest
from pytest_django import Settings

from core.doctor.finding import State
from tiktok.api.types import Scope
from tiktok.developer_apps import registration
from tiktok.models import TikTokApp

CALLBACK = "/auth/tiktok/login/callback/"
OURS = f"https://clip.example.com{CALLBACK}"


@pytest.fixture(autouse=True)
def _base_url(settings: Settings) -> None:
    settings.BASE_URL = "https://clip.example.com"


def an_app(**fields: object) -> TikTokApp:
    return TikTokApp(**({"name": "Ours", "client_key": "aw1", "redirect_uri": OURS} | fields))


@pytest.mark.parametrize(
    ("uri", "text"),
    [
        (OURS.rstrip("/"), "The redirect URI lacks the slash at its end; TikTok compares it exactly."),
        (f"https://www.example.com{CALLBACK}",
         "The redirect URI leads to www.example.com, but BASE_URL is https://clip.example.com: people come back signed"
         " out."),
        (f"https://calm-fox.ngrok-free.app{CALLBACK}",
         "The redirect URI names a tunnel, calm-fox.ngrok-free.app, whose address has changed: BASE_URL is"
         " https://clip.example.com."),
        ("https://clip.example.com/callback",
         "The redirect URI’s path is /callback, but Clipdesk listens at /auth/tiktok/login/callback/."),
        (f"http://clip.example.com{CALLBACK}",
         f"http://clip.example.com{CALLBACK}: A web app’s redirect URI must start with https://."),
        (f"{OURS}?tenant=1", f"{OURS}?tenant=1: TikTok accepts no “?”, no “#” and at most 511 characters."),
        (f"{OURS}#x", f"{OURS}#x: TikTok accepts no “?”, no “#” and at most 511 characters."),
        (f"https://clip.example.com/{'x' * 500}",
         f"https://clip.example.com/{'x' * 95}: TikTok accepts no “?”, no “#” and at most 511 characters."),
    ],
)  # fmt: skip
def test_redirect_uri_that_differs_is_a_fault(uri: str, text: str) -> None:
    found = registration.redirect_uri(an_app(redirect_uri=uri))

    assert (found.state, found.text) == (State.FAULT, text)
    assert found.step == (
        f"Register {OURS} at TikTok (Login Kit → Redirect URI) and enter exactly the same here: “Redirect URI” of"
        " this app in Administration."
    )


@pytest.mark.parametrize(
    ("base_url", "fields", "state"),
    [
        ("https://clip.example.com", {}, State.OK),
        ("https://clip.example.com", {"app_type": "desktop", "pkce": "hex"}, State.FAULT),
        ("http://127.0.0.1:8000",
         {"app_type": "desktop", "pkce": "hex", "redirect_uri": f"http://127.0.0.1:8000{CALLBACK}"}, State.OK),
        ("http://127.0.0.1:8000",
         {"app_type": "desktop", "pkce": "off", "redirect_uri": f"http://127.0.0.1:8000{CALLBACK}"}, State.FAULT),
        ("http://127.0.0.1:8000",
         {"app_type": "web", "redirect_uri": f"http://127.0.0.1:8000{CALLBACK}"}, State.FAULT),
    ],
)  # fmt: skip
def test_type_of_the_app_has_to_fit(settings: Settings, base_url: str, fields: dict[str, object], state: State) -> None:
    settings.BASE_URL = base_url

    assert registration.redirect_uri(an_app(**fields)).state == state


def test_environment_app_is_fixed_in_the_environment() -> None:
    found = registration.redirect_uri(an_app(redirect_uri="https://x.example.com/", is_from_environment=True))

    assert found.step.startswith(f"Enter {OURS} as TIKTOK_REDIRECT_URI in the environment (.env), then restart, and")


@pytest.mark.parametrize(
    ("scopes", "state", "words"),
    [
        (list(Scope), State.OK, "The app requests every scope that Clipdesk uses."),
        (["user.info.basic", "user.info.profile", "video.publish"], State.WARNING,
         "user.info.stats (follower and like counts)"),
        (["user.info.basic", "video.publish"], State.WARNING, "video.upload (drafts in the TikTok inbox)"),
        (["user.info.basic"], State.FAULT, "video.publish (publishing)"),
        (["video.publish"], State.FAULT, "user.info.basic (name and profile picture)"),
        (["user.info.basic", "video.publish", "video.delete"], State.FAULT, "TikTok has no scope called video.delete"),
        (["user.info.basic video.publish"], State.FAULT, "TikTok separates scopes by commas."),
    ],
)  # fmt: skip
def test_scopes_that_are_missing_or_odd_are_named(scopes: list[str], state: State, words: str) -> None:
    (found,) = registration.scopes(an_app(scopes=scopes))

    assert found.state == state
    assert words in f"{found.text} {found.step}"
