"""User agents in words, as browsers of 2026 send them."""

import pytest

from core.web.browser_names import browser_name

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
TABLET = "Mozilla/5.0 (iPad; CPU OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT}"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
ANDROID = "Mozilla/5.0 (Linux; Android 10; K)"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (f"{WINDOWS} Chrome/143.0.0.0 Safari/537.36", "Chrome on Windows"),
        (f"{WINDOWS} Chrome/143.0.0.0 Safari/537.36 Edg/143.0.0.0", "Edge on Windows"),
        (f"{WINDOWS} Chrome/143.0.0.0 Safari/537.36 OPR/124.0.0.0", "Opera on Windows"),
        (f"{WINDOWS} Chrome/143.0.0.0 Safari/537.36 Vivaldi/7.7", "Vivaldi on Windows"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Windows"),
        (f"{MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15", "Safari on macOS"),
        (f"{MAC} {WEBKIT} Chrome/143.0.0.0 Safari/537.36", "Chrome on macOS"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} HeadlessChrome/143.0.0.0 Safari/537.36", "Chrome on Linux"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/143.0.0.0 Safari/537.36", "Chrome on ChromeOS"),
        (f"{ANDROID} {WEBKIT} Chrome/143.0.0.0 Mobile Safari/537.36", "Chrome on Android"),
        (
            f"{ANDROID} {WEBKIT} SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36",
            "Samsung Internet on Android",
        ),
        ("Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0", "Firefox on Android"),
        (f"{PHONE} Version/18.6 Mobile/15E148 Safari/604.1", "Safari on iPhone"),
        (f"{PHONE} CriOS/143.0.0.0 Mobile/15E148 Safari/604.1", "Chrome on iPhone"),
        (f"{PHONE} FxiOS/145.0 Mobile/15E148 Safari/605.1.15", "Firefox on iPhone"),
        (f"{PHONE} EdgiOS/143.0 Version/18.0 Mobile/15E148 Safari/604.1", "Edge on iPhone"),
        (f"{TABLET} Version/18.6 Mobile/15E148 Safari/604.1", "Safari on iPad"),
        ("Firefox/145.0", "Firefox"),
        ("Something (Windows NT 10.0)", "Windows"),
        ("python-requests/2.34", ""),
        ("", ""),
    ],
)
def test_user_agent_is_named_in_words(user_agent: str, name: str) -> None:
    assert browser_name(user_agent) == name
