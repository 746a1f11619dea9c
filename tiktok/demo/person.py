"""A person in a browser: signs in, and links TikTok accounts on TikTok's own page."""

import re
from html import unescape
from typing import Final
from urllib.parse import urlsplit

import requests

TIMEOUT_S: Final = 30
CONSENT_FIELD: Final = re.compile(r'<input type="(?:checkbox|hidden)" name="scope" value="([^"]+)"')
TROUBLE: Final = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)


class DemoTrouble(Exception):
    """A page did not answer as expected; the message says which."""


class Person:
    """A browser with its cookies, one tab wide."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._session = requests.Session()
        self._session.trust_env = False

    def sign_in(self, email: str, password: str) -> None:
        """Sign in. Raises DemoTrouble when the sign-in page comes back."""
        answer = self._submit("/auth/login/", {"login": email, "password": password})
        if "/auth/login" in answer.headers.get("Location", "/auth/login"):
            raise DemoTrouble(f"signing in as {email} did not work (HTTP {answer.status_code})")

    def link_account(self, slug: str, tiktok_user: str) -> None:
        """Go from Connect to TikTok's consent page, allow, and return. Raises DemoTrouble with another headline."""
        begun = self._submit(f"/i/{slug}/tiktok/connect/", {"name": ""}, page=f"/i/{slug}/accounts/")
        consent_url = _location(begun)
        consent = self._session.get(consent_url, timeout=TIMEOUT_S)
        allowed = self._session.post(
            consent_url,
            data=[("user", tiktok_user), *_scopes(consent.text), ("decision", "allow")],
            allow_redirects=False,
            timeout=TIMEOUT_S,
        )
        back = self._session.get(_location(allowed), timeout=TIMEOUT_S)
        if back.status_code != requests.codes.ok:
            raise DemoTrouble(f"linking {tiktok_user} ended in: {_headline(back)}")

    def _submit(self, path: str, fields: dict[str, str], *, page: str = "") -> requests.Response:
        """Open the page with the form, then send the form."""
        opened = self._session.get(self._base_url + (page or path), timeout=TIMEOUT_S)
        opened.raise_for_status()
        token = self._session.cookies.get("csrftoken", domain=urlsplit(self._base_url).hostname or "")
        return self._session.post(
            self._base_url + path,
            data=fields | {"csrfmiddlewaretoken": token or ""},
            allow_redirects=False,
            timeout=TIMEOUT_S,
        )


def _scopes(consent_page: str) -> list[tuple[str, str]]:
    return [("scope", unescape(scope)) for scope in CONSENT_FIELD.findall(consent_page)]


def _location(answer: requests.Response) -> str:
    if target := answer.headers.get("Location"):
        return target
    raise DemoTrouble(f"{answer.url} answered {answer.status_code}: {_headline(answer)}")


def _headline(answer: requests.Response) -> str:
    found = TROUBLE.search(answer.text)
    return unescape(found[1].strip()) if found else f"HTTP {answer.status_code}"
