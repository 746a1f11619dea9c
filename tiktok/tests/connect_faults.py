"""Everything that can go wrong between the Connect button and the way back from TikTok, made to happen.

Each fault leads to the callback's address; opening it (in a test client or a browser) shows the fault's own page.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, quote, urlencode, urlsplit
from uuid import uuid4

from allauth.socialaccount.internal import statekit
from django.conf import settings
from django.db import connection
from django.test import Client
from pytest_django import Settings

from accounts.models import Tenant, User
from instances.models import Instance, Membership
from instances.scoping import instance_scope, unscoped
from instances.tests.factories import InstanceFactory, person_of
from tiktok.connect.fault_words import LINE_WORDS, OAUTH_WORDS, RETURN_WORDS
from tiktok.models import AccountStatus, TikTokAccount, TikTokApp, TikTokCredential
from tiktok.models.fields import seal
from tiktok.tests.factories import CredentialFactory, TikTokAppFactory, make_account
from tiktok.tests.simulator_process import CLIENT_KEY, CLIENT_SECRET, Simulator

CALLBACK: Final = "/auth/tiktok/login/callback/"
SCRIPT: Final = "<script>alert(1)</script>"
TOKENS: Final = {
    "access_token": "act.a", "expires_in": 7200, "refresh_token": "rft.a", "refresh_expires_in": 15_552_000,
    "open_id": "somebody", "scope": "", "token_type": "Bearer",
}  # fmt: skip


@dataclass
class Scene:
    """An instance of its own, its admin signed in at a browser, one linked account, and a TikTok user to come back."""

    sim: Simulator
    app: TikTokApp
    settings: Settings
    visitor: str
    instance: Instance = field(init=False)
    admin: User = field(init=False)
    account: TikTokAccount = field(init=False)
    browser: Client = field(init=False)

    def __post_init__(self) -> None:
        self.instance = InstanceFactory.create()
        self.admin = person_of(self.instance, "admin")
        with instance_scope(self.instance):
            self.account = make_account(
                self.instance, name="Bakery", username="bakery", credential=CredentialFactory.create(app=self.app)
            )
        self.browser = Client(SERVER_NAME=urlsplit(settings.BASE_URL).hostname or "")
        self.browser.force_login(self.admin)

    def begin(self, **fields: str) -> str:
        """Press Connect; the address of TikTok's consent page."""
        answer = self.browser.post(f"/i/{self.instance.slug}/tiktok/connect/", {"app": str(self.app.pk)} | fields)
        assert answer.status_code == 302, answer.content.decode()[-3000:]
        return answer["Location"]

    def consented(self, **fields: str) -> str:
        """Begin and press Allow; the callback with TikTok's code."""
        return path_of(self.sim.consent(self.begin(**fields), self.visitor))

    def callback(self, **query: str) -> str:
        """Begin, and come back with this instead of a code."""
        state = parse_qs(urlsplit(self.begin()).query)["state"][0]
        return f"{CALLBACK}?{urlencode({**query, 'state': state})}"

    def reconnecting(self) -> str:
        return self.consented(account=str(self.account.pk))

    def change_role(self, role: str) -> None:
        Membership.objects.filter(user=self.admin).update(role=role)

    def states(self) -> dict[str, Any]:
        states: dict[str, Any] = self.browser.session[statekit.STATES_SESSION_KEY]
        return states

    def put_states(self, states: dict[str, Any]) -> None:
        session = self.browser.session
        session[statekit.STATES_SESSION_KEY] = states
        session.save()


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def stored() -> list[object]:
    """All that linking writes: every account and every credential, tokens included."""
    with unscoped(reason="housekeeping"):
        accounts = list(TikTokAccount.objects.order_by("pk").values())
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {TikTokCredential._meta.db_table} ORDER BY id")
        return [*accounts, *cursor.fetchall()]


@dataclass(frozen=True)
class Fault:
    """``code`` is a key of fault_words; ``arrange`` makes it happen and gives the callback's address."""

    code: str
    arrange: Callable[[Scene], str]
    name: str = ""
    details: tuple[str, ...] = ()  # what the Details hold

    def __str__(self) -> str:
        return self.name or self.code


# TikTok says no


def callback_error(code: str) -> Fault:
    def arrange(scene: Scene) -> str:
        return scene.callback(error=code, error_description=f"TikTok on {code} <b>&</b>")

    known = code if code in OAUTH_WORDS else "unknown_refusal"
    return Fault(known, arrange, f"{code} at the callback", (code, f"TikTok on {code} &lt;b&gt;&amp;&lt;/b&gt;"))


def token_error(code: str) -> Fault:
    def arrange(scene: Scene) -> str:
        callback = scene.consented()
        scene.sim.fault("error", "token", status=200, code=code, message=f"TikTok on {code}")
        return callback

    known = code if code in OAUTH_WORDS else "unknown_refusal"
    return Fault(known, arrange, f"{code} at the exchange", (code, "log_id"))


def token_fault(code: str, fault: str, *details: str, **more: Any) -> Fault:
    def arrange(scene: Scene) -> str:
        callback = scene.consented()
        scene.sim.fault(fault, "token", **more)
        return callback

    return Fault(code, arrange, f"{fault} {more} at the exchange", details)


def wrong_secret(scene: Scene) -> str:
    scene.app = TikTokAppFactory.create(
        client_key=CLIENT_KEY + "-2", secret="not-this", redirect_uri=scene.app.redirect_uri
    )
    scene.sim.create_app(scene.app.client_key, client_secret="but-this", redirect_uris=[scene.app.redirect_uri])
    return scene.consented(app=str(scene.app.pk))


def nobody_listens(scene: Scene) -> str:
    callback = scene.consented()
    scene.settings.TIKTOK_API_BASE_URL = "http://127.0.0.1:9"
    return callback


def no_answer_in_time(scene: Scene) -> str:
    scene.settings.PUBLISH_LEASE_S = 0.6
    callback = scene.consented()
    scene.sim.fault("slow", "token", delay_s=0.7)
    return callback


def code_used_twice(scene: Scene) -> str:
    callback = scene.consented()
    code = parse_qs(urlsplit(callback).query)["code"][0]
    form = {"client_key": CLIENT_KEY, "client_secret": CLIENT_SECRET, "code": code, "grant_type": "authorization_code"}
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode(form | {"redirect_uri": scene.app.redirect_uri})
    scene.sim.send("POST", "/v2/oauth/token/", body, kind)
    return callback


def secret_lost(scene: Scene) -> str:
    app = TikTokAppFactory.create(redirect_uri=scene.app.redirect_uri)
    TikTokApp.objects.filter(pk=app.pk).update(
        client_secret=seal(TikTokApp, uuid4(), "client_secret", "of another row")
    )
    return f"{CALLBACK}?code=x&" + urlsplit(scene.begin(app=str(app.pk))).query


# The way back


def reused(scene: Scene) -> str:
    callback = scene.callback(error="access_denied")
    scene.browser.get(callback)
    return callback


def expired(scene: Scene) -> str:
    callback = scene.consented()
    scene.put_states({key: (state, at - 601, kind) for key, (state, at, kind) in scene.states().items()})
    return callback


def first_of_twelve(scene: Scene) -> str:
    callback = scene.consented()
    for _ in range(11):
        scene.begin()
    return callback


def first_after_many_ended(scene: Scene) -> str:
    callback = first_of_twelve(scene)
    scene.put_states({})
    return callback


def of_another_browser(scene: Scene) -> str:
    callback = scene.consented()
    scene.browser.cookies.clear()
    scene.browser.force_login(scene.admin)
    return callback


def of_another_flow(scene: Scene) -> str:
    scene.put_states({"abc": ({"process": "login", "data": None}, time.time(), "tiktok")})
    return f"{CALLBACK}?code=x&state=abc"


def signed_out(scene: Scene) -> str:
    callback = scene.consented()
    scene.browser.logout()
    return callback


def as_another_person(scene: Scene) -> str:
    callback, states = scene.consented(), scene.states()
    scene.browser.force_login(person_of(scene.instance, "owner"))
    scene.put_states(states)
    return callback


def removed(scene: Scene) -> str:
    callback = scene.consented()
    Membership.objects.filter(user=scene.admin).delete()
    return callback


def demoted(scene: Scene) -> str:
    callback = scene.consented()
    scene.change_role("editor")
    return callback


def without_second_factor(scene: Scene) -> str:
    callback = scene.consented()
    Tenant.objects.filter(pk=scene.instance.tenant_id).update(require_two_factor=True)
    return callback


def without_instance(scene: Scene) -> str:
    callback = scene.consented()
    with unscoped(reason="housekeeping"):
        Instance.objects.filter(pk=scene.instance.pk).delete()
    return callback


def without_app(scene: Scene) -> str:
    app = TikTokAppFactory.create(redirect_uri=scene.app.redirect_uri)
    callback = f"{CALLBACK}?code=x&" + urlsplit(scene.begin(app=str(app.pk))).query
    app.delete()
    return callback


def without_account(scene: Scene) -> str:
    callback = scene.reconnecting()
    with instance_scope(scene.instance):
        TikTokAccount.objects.filter(pk=scene.account.pk).delete()
    return callback


def disconnected(scene: Scene) -> str:
    scene.change_role("editor")
    callback = scene.reconnecting()
    with instance_scope(scene.instance):
        TikTokAccount.objects.filter(pk=scene.account.pk).update(status=AccountStatus.DISCONNECTED)
    return callback


def opened_with(code: str, query: str, name: str) -> Fault:
    return Fault(code, lambda scene: f"{CALLBACK}{query}", name)


REFUSALS: Final = [
    *map(callback_error, [code for code in OAUTH_WORDS if code != "rate_limit_exceeded"]),
    callback_error("brand_new_word"),
    Fault(
        "unknown_refusal",
        lambda scene: scene.callback(error=SCRIPT, error_description=f"</p>{SCRIPT}"),
        "HTML at the callback",
        ("<code>&lt;script&gt;alert(1)", "&lt;/p&gt;&lt;script&gt;alert(1)"),
    ),
    *map(token_error, [code for code in OAUTH_WORDS if code != "rate_limit_exceeded"]),
    token_error("brand_new_word"),
    Fault("invalid_client", wrong_secret, "a wrong client secret", ("invalid_client",)),
    Fault("invalid_grant", code_used_twice, "a code used twice", ("invalid_grant",)),
]  # fmt: skip
SILENCES: Final = [
    token_fault("rate_limit_exceeded", "rate_limit", "rate_limit_exceeded"),
    token_fault("server_error", "server_error", "server_error"),
    token_fault("server_error", "html_error", "http-502"),
    token_fault("answer_lost", "lost_answer", "answer-lost"),
    token_fault("answer_lost", "drop_connection", "answer-lost"),
    token_fault("answer_lost", "truncated_json", "answer-lost"),
    token_fault("answer_unreadable", "raw_body", "unreadable-answer", message="<html>not JSON</html>"),
    token_fault("answer_unreadable", "raw_body", "unreadable-answer", message='{"access_token": "act.a"}'),
    token_fault("answer_unreadable", "redirect", "unreadable-answer"),
    token_fault("no_scopes", "raw_body", message=json.dumps(TOKENS)),
    Fault("answer_lost", no_answer_in_time, "no answer in time", ("answer-lost",)),
    Fault("not_reached", nobody_listens, "no connection", ("connection-failed",)),
    Fault("code_missing", lambda scene: scene.callback(), "neither code nor error"),
]
RETURNS: Final = [
    opened_with("state_missing", "", "nothing"),
    opened_with("state_missing", "?code=x", "no state"),
    opened_with("state_missing", "?code=x&state=", "an empty state"),
    opened_with("state_unknown", "?state=wrong&error=access_denied&error_description=<script>", "a made-up state"),
    opened_with("state_unknown", "?code=x&state=" + "s" * 10_000, "10 KB of state"),
    opened_with("state_unknown", "?code=%00x&state=%00", "NUL"),
    opened_with("state_unknown", "?code=%ff%fe&state=%e2%28%a1", "not UTF-8"),
    opened_with("state_unknown", "?code=x&state=" + quote("'\"><script>alert(1)</script>"), "HTML as state"),
    Fault("state_used", reused),
    Fault("state_expired", expired),
    Fault("state_unknown", of_another_browser, "another browser's state"),
    Fault("state_unknown", first_after_many_ended, "the first of many that ended"),
    Fault("state_crowded", first_of_twelve, "the first of twelve windows"),
    Fault("state_foreign", of_another_flow),
    Fault("signed_out", signed_out),
    Fault("other_person", as_another_person),
    Fault("not_member", removed),
    Fault("role_changed", demoted),
    Fault("two_factor_missing", without_second_factor),
    Fault("instance_gone", without_instance),
    Fault("app_gone", without_app),
    Fault("secret_unreadable", secret_lost),
    Fault("account_gone", without_account),
    Fault("account_disconnected", disconnected),
]
ALL: Final = [*REFUSALS, *SILENCES, *RETURNS]
#: Words that no callback leads to: the address of a result that is not kept, and a wrong method.
ELSEWHERE: Final = {"forgotten", "wrong_method"}
assert {fault.code for fault in ALL} == {*OAUTH_WORDS, *LINE_WORDS, *RETURN_WORDS} - ELSEWHERE


def scenes(sim: Simulator, app: TikTokApp, settings: Settings) -> Iterator[Scene]:
    """One after the other, each in a world as it was."""
    visitor = sim.create_user("comes.back")
    lease = settings.PUBLISH_LEASE_S
    while True:
        settings.TIKTOK_API_BASE_URL, settings.PUBLISH_LEASE_S = sim.base_url, lease
        yield Scene(sim, app, settings, visitor)
