"""Every refusal, silence and wrong way back has a page of its own, and leaves nothing behind."""

import re
from collections.abc import Iterator
from html import unescape
from uuid import uuid4

import pytest
from django.test import Client, RequestFactory
from pytest_django import Settings

from accounts.sessions import SessionStore
from instances.models import Instance
from tiktok.connect import outcomes
from tiktok.connect.attempt import LinkAttempt
from tiktok.connect.fault_words import WORDS
from tiktok.connect.outcomes import AFTERWARDS
from tiktok.connect.result import kept_result, to_result
from tiktok.models import TikTokApp
from tiktok.tests.connect_faults import CALLBACK, REFUSALS, RETURNS, SILENCES, Fault, Scene, scenes, stored
from tiktok.tests.races import at_once
from tiktok.tests.simulator_process import Simulator

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage(sim: Simulator, app: TikTokApp, settings: Settings) -> Iterator[Scene]:
    """A fresh scene each time."""
    return scenes(sim, app, settings)


def page_after(browser: Client, callback: str) -> tuple[str, str]:
    """Return the address that the callback redirects to, and its page."""
    answer = browser.get(callback)
    assert answer.status_code == 302, answer.content.decode()
    page = browser.get(answer["Location"])
    assert (page.status_code, page["Cache-Control"]) == (200, "no-store")
    return answer["Location"], page.content.decode()


def says(fault: Fault, html: str) -> list[str]:
    """Return the parts of the fault's explanation that the page lacks."""
    words = WORDS[fault.code]
    wanted = [f'data-outcome="{fault.code}"', f"<h1>{words.title}</h1>", str(words.text), "Who can fix this"]
    wanted += [] if fault.code in AFTERWARDS else ["Nothing was connected or changed."]
    steps = [] if fault.code == "rate_limit_exceeded" else [str(words.step)]
    text = unescape(html)
    return [part for part in [*wanted, *steps] if part not in text] + [
        part for part in fault.details if part not in html
    ]


@pytest.mark.parametrize("faults", [REFUSALS, SILENCES, RETURNS], ids=["refusals", "silences", "returns"])
def test_every_fault_is_said_in_its_own_words_and_leaves_nothing(faults: list[Fault], stage: Iterator[Scene]) -> None:
    for fault, scene in zip(faults, stage, strict=False):
        callback = fault.arrange(scene)
        before = stored()
        address, html = page_after(scene.browser, callback)

        assert says(fault, html) == [], fault
        assert stored() == before, fault
        assert not re.search(r"code=|[?&]error|<script>alert", address + html), fault
        assert all(not secret or secret not in html for secret in secrets(callback)), fault


def secrets(callback: str) -> list[str]:
    return [unescape(code) for code in re.findall(r"[?&]code=([^&]{3,})", callback)] + ["act.a", "rft.a"]


def test_each_fault_has_a_distinct_title_and_text() -> None:
    for part in ("title", "text"):
        said = [str(getattr(words, part)) for words in WORDS.values()]
        assert len(set(said)) == len(said)


def test_who_could_not_link_any_more_spends_no_code(stage: Iterator[Scene], sim: Simulator) -> None:
    spends_none = {
        "state_expired",
        "signed_out",
        "other_person",
        "not_member",
        "role_changed",
        "two_factor_missing",
        "instance_gone",
        "app_gone",
    }
    faults = [fault for fault in RETURNS if fault.code in spends_none | {"account_gone", "account_disconnected"}]
    for fault, scene in zip(faults, stage, strict=False):
        scene.browser.get(fault.arrange(scene))

    assert sim.requests("token") == []


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT"])
def test_a_callback_that_is_no_page_view_spends_nothing(stage: Iterator[Scene], sim: Simulator, method: str) -> None:
    scene = next(stage)
    callback = scene.consented()
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = scene.browser.cookies
    answer = browser.generic(method, callback)

    assert (answer.status_code, answer["Allow"]) == (405, "GET")
    assert ("This address only accepts answers from TikTok" in answer.content.decode()) == (method != "HEAD")
    assert sim.requests("token") == []
    assert 'data-outcome="linked"' in page_after(scene.browser, callback)[1]


def test_a_result_can_be_reloaded_and_is_kept_for_its_browser_alone(stage: Iterator[Scene], sim: Simulator) -> None:
    scene = next(stage)
    address, _html = page_after(scene.browser, scene.callback(error="server_error"))

    assert 'data-outcome="server_error"' in scene.browser.get(address).content.decode()
    assert 'data-outcome="forgotten"' in Client().get(address).content.decode()
    assert scene.browser.get(f"/tiktok/result/{'x' * 5000}/").status_code == 200


def test_a_second_use_of_the_callback_does_not_touch_the_first_result(stage: Iterator[Scene]) -> None:
    scene = next(stage)
    callback = scene.consented()
    address, _ = page_after(scene.browser, callback)

    assert 'data-outcome="state_used"' in page_after(scene.browser, callback)[1]
    assert 'data-outcome="linked"' in scene.browser.get(address).content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_windows_that_end_at_the_same_moment_each_keep_their_result(stage: Iterator[Scene], sim: Simulator) -> None:
    scene = next(stage)
    other = Client(SERVER_NAME=scene.browser.defaults["SERVER_NAME"])
    other.cookies = scene.browser.cookies
    callbacks = [scene.consented(), scene.consented(account=str(scene.account.pk))]
    sim.fault("slow", "token", delay_s=0.3, times=2)

    one, two = at_once(
        lambda: scene.browser.get(callbacks[0]), lambda: other.get(callbacks[1]), expect=(AssertionError,)
    )

    ends = [scene.browser.get(answer["Location"]).content.decode() for answer in (one, two)]
    assert [re.findall(r'data-outcome="(\w+)"', end) for end in ends] == [["linked"], ["other_user"]]


def test_what_ends_while_another_window_is_answered_is_kept_as_well(rf: RequestFactory, instance: Instance) -> None:
    session = SessionStore()
    session.create()
    attempt = LinkAttempt(user="1", instance=str(instance.pk), app=str(uuid4()))
    requests = [rf.get("/tiktok/callback/", {"state": state}) for state in ("one", "two")]
    for request in requests:
        request.session = SessionStore(session.session_key)
        to_result(request, outcomes.fault("server_error"), attempt)
    for request in requests:  # as with each answer, whichever is the last
        if request.session.modified:
            request.session.save()

    for state in ("one", "two"):
        request = rf.get("/")
        request.session = SessionStore(session.session_key)
        assert kept_result(request, state) is not None


def test_the_pause_that_tiktok_asks_for_is_said(stage: Iterator[Scene], sim: Simulator) -> None:
    scene = next(stage)
    callback = scene.consented()
    sim.fault("rate_limit", "token")

    _, html = page_after(scene.browser, callback)

    assert "Connect again in 1 minute." in html
    assert re.search(r"<dt>Wait until</dt>\s*<dd><time datetime=", html)


def test_a_failed_attempt_can_be_made_again_as_it_was(stage: Iterator[Scene]) -> None:
    scene = next(stage)
    address, html = page_after(scene.browser, scene.callback(error="server_error"))

    assert "Try again" in html
    scene.change_role("viewer")
    assert "Try again" not in scene.browser.get(address).content.decode()
    assert CALLBACK not in html
