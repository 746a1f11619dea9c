"""Variables and addresses that do not agree: each fault is named, with the step that fixes it."""

from dataclasses import replace

import pytest
from pytest_django import Settings

from core.doctor import environment
from core.doctor.finding import Finding, State
from core.doctor.run import CheckContext

VISIT = CheckContext(is_online=False, database_answers=False)
TIKTOK = ("TIKTOK_CLIENT_KEY", "TIKTOK_CLIENT_SECRET", "TIKTOK_REDIRECT_URI", "TIKTOK_SCOPES", "REDIS_URL", "EMAIL_URL")


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in TIKTOK:
        monkeypatch.delenv(name, raising=False)


def said(findings: object) -> dict[str, Finding]:
    assert isinstance(findings, list)
    return {finding.text: finding for finding in findings}


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("TIKTOK_CLIENT_ID", "TIKTOK_CLIENT_KEY"), ("TIKTOK_APP_ID", "TIKTOK_CLIENT_KEY"),
        ("TIKTOK_KEY", "TIKTOK_CLIENT_KEY"), ("TIKTOK_SECRET", "TIKTOK_CLIENT_SECRET"),
        ("TIKTOK_REDIRECT_URL", "TIKTOK_REDIRECT_URI"), ("tiktok_client_key", "TIKTOK_CLIENT_KEY"),
    ],
)  # fmt: skip
def test_misnamed_variable_of_tiktok_is_a_fault(monkeypatch: pytest.MonkeyPatch, wrong: str, right: str) -> None:
    monkeypatch.setenv(wrong, "x")

    findings = list(environment.names(VISIT))

    assert [(finding.state, finding.step) for finding in findings] == [
        (State.FAULT, f"Rename {wrong} to {right} in the environment (.env) and restart.")
    ]


def test_misspelled_and_unknown_tiktok_variables_are_warnings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REDIS_URI", "x")
    monkeypatch.setenv("TIKTOK_MOON", "x")

    findings = said(list(environment.names(VISIT)))

    assert {text: finding.state for text, finding in findings.items()} == {
        "REDIS_URI is set but REDIS_URL is not: Clipdesk reads only REDIS_URL.": State.WARNING,
        "TIKTOK_MOON is set, but Clipdesk reads no variable of this name.": State.WARNING,
    }


def test_wrong_name_beside_the_right_one_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIKTOK_CLIENT_ID", "x")
    monkeypatch.setenv("TIKTOK_CLIENT_KEY", "x")

    assert [finding.state for finding in environment.names(VISIT)] == [State.OK]


def test_quotes_and_blanks_are_named_and_the_value_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIKTOK_CLIENT_SECRET", "'canary-7'")
    monkeypatch.setenv("TIKTOK_CLIENT_KEY", " canary-8\n")

    findings = list(environment.values(VISIT))

    assert [(finding.state, finding.step) for finding in findings] == [
        (State.WARNING, "Remove them, so that other programs read the same value: TIKTOK_CLIENT_KEY."),
        (State.FAULT, "Remove the quotation marks from TIKTOK_CLIENT_SECRET and restart."),
    ]
    assert "canary" not in str(findings)


@pytest.mark.parametrize(
    ("changes", "check", "state", "step"),
    [
        ({"BASE_URL": "http://clip.example.com"}, "https", State.FAULT,
         "Set BASE_URL to the https address of your proxy and restart."),
        ({"ALLOWED_HOSTS": ["old.example.com"]}, "allowed-hosts", State.FAULT,
         "Add clip.example.com to ALLOWED_HOSTS, or leave it empty."),
        ({"CSRF_TRUSTED_ORIGINS": ["https://old.example.com"]}, "csrf-origins", State.WARNING,
         "Add it, or leave CSRF_TRUSTED_ORIGINS empty."),
        ({"DEBUG": True}, "debug", State.FAULT, "Set DEBUG=false and restart."),
        ({"CSRF_TRUSTED_ORIGINS": ["https://*.example.com"]}, "csrf-origins", State.OK, ""),
        ({"BASE_URL": "http://127.0.0.1:8000", "ALLOWED_HOSTS": ["127.0.0.1"]}, "https", State.OK, ""),
    ],
)  # fmt: skip
def test_our_own_address_has_to_be_served(
    settings: Settings, changes: dict[str, object], check: str, state: State, step: str
) -> None:
    settings.BASE_URL, settings.ALLOWED_HOSTS = "https://clip.example.com", ["clip.example.com"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://clip.example.com"]
    for name, value in changes.items():
        setattr(settings, name, value)

    findings = {finding.check: finding for finding in environment.hosts(VISIT)}

    assert (findings[check].state, findings[check].step) == (state, step)
    assert {name for name, finding in findings.items() if finding.state == State.FAULT} <= {check}


@pytest.mark.parametrize(
    ("version", "system", "text"),
    [
        ("2026f", "2025b", "Time zones come from the tzdata package (2026f); the operating system has 2025b."),
        ("2026g", "2026g", "Time zones come from the operating system (2026g); the tzdata package has 2026f."),
        (
            "2026f",
            "",
            "Time zones come from the tzdata package (2026f); the operating system does not state a version.",
        ),
    ],
)
def test_doctor_tells_which_zone_data_is_used(settings: Settings, version: str, system: str, text: str) -> None:
    settings.ZONE_DATA = replace(settings.ZONE_DATA, version=version, package="2026f", system=system)

    assert [(finding.check, finding.state, finding.text) for finding in environment.zone_data(VISIT)] == [
        ("zone-data", State.OK, text)
    ]


@pytest.mark.parametrize(
    ("name", "email", "state", "step"),
    [
        ("Nordwind", "ops@nordwind.example", State.OK, ""),
        ("Nordwind", "", State.WARNING, "Set OPERATOR_EMAIL in the environment (.env) and restart."),
        ("", "", State.WARNING, "Set OPERATOR_NAME, OPERATOR_EMAIL in the environment (.env) and restart."),
    ],
)
def test_doctor_names_the_setting_that_leaves_the_operator_unnamed(
    settings: Settings, name: str, email: str, state: State, step: str
) -> None:
    settings.BASE_URL = "https://clip.example.com"
    settings.OPERATOR_NAME, settings.OPERATOR_EMAIL = name, email

    assert [(finding.state, finding.step) for finding in environment.operator(VISIT)] == [(state, step)]


def test_operator_needs_no_name_on_ones_own_machine(settings: Settings) -> None:
    settings.BASE_URL, settings.OPERATOR_NAME = "http://127.0.0.1:8000", ""

    assert list(environment.operator(VISIT)) == []
