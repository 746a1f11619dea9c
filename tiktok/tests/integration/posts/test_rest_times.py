"""publish_at: an offset, or a local time with its zone, and nothing that could mean two things."""

import pytest

from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.models import Media, TikTokAccount
from tiktok.posts.rest.reading import when_of
from tiktok.tests.factories import make_media
from tiktok.tests.fixtures_posts import Clock
from tiktok.tests.fixtures_rest import Api, body_of, fields_of


@pytest.fixture
def clip(instance: Instance) -> Media:
    """A small video."""
    with instance_scope(instance):
        return make_media(instance)


@pytest.fixture(autouse=True)
def autumn(instance: Instance, clock: Clock) -> None:
    """A fixed today, in an instance in Vienna."""
    clock.set(when_of("2026-09-01T12:00:00Z", None, default_zone="UTC").at)  # type: ignore[union-attr]
    Instance.objects.update(time_zone="Europe/Vienna")


@pytest.mark.parametrize(
    ("publish_at", "timezone", "at", "local", "zone"),
    [
        ("2026-11-21T18:00:00+01:00", None, "2026-11-21T17:00:00Z", "2026-11-21T18:00:00", "Europe/Vienna"),
        ("2026-11-21T17:00:00Z", None, "2026-11-21T17:00:00Z", "2026-11-21T18:00:00", "Europe/Vienna"),
        ("2026-11-21T18:00:00+01:00", "Europe/Vienna", "2026-11-21T17:00:00Z", "2026-11-21T18:00:00", "Europe/Vienna"),
        ("2026-11-21T18:00", "Asia/Kolkata", "2026-11-21T12:30:00Z", "2026-11-21T18:00:00", "Asia/Kolkata"),
        # as JavaScript's toISOString() writes it
        ("2026-11-21T17:00:00.123Z", None, "2026-11-21T17:00:00.123Z", "2026-11-21T18:00:00", "Europe/Vienna"),
        ("2026-11-21T18:00:00.5", "Asia/Kolkata", "2026-11-21T12:30:00.500Z", "2026-11-21T18:00:00", "Asia/Kolkata"),
        # the second 02:30 of that night, which only an offset can name
        ("2026-10-25T02:30:00+01:00", "Europe/Vienna", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00", "Europe/Vienna"),
    ],
)
def test_a_time_is_kept_as_instant_and_as_wall_time(
    api: Api, linked: TikTokAccount, clip: Media, publish_at: str, timezone: str | None, at: str, local: str, zone: str
) -> None:
    answer = api.create(body_of(linked, clip, publish_at=publish_at, timezone=timezone))
    assert answer.status_code == 201, answer.content
    post = answer.json()
    assert (post["state"], post["publish_at"], post["publish_local"], post["timezone"]) == (
        "scheduled", at, local, zone,
    )  # fmt: skip
    assert post["publish_note"] is None
    assert api.get(f"/posts/{post['id']}").json()["publish_note"] is None


def test_a_time_that_comes_twice_is_the_first_and_the_answer_says_so(
    api: Api, linked: TikTokAccount, clip: Media
) -> None:
    answer = api.create(body_of(linked, clip, publish_at="2026-10-25T02:30:00", timezone="Europe/Vienna"))
    assert answer.json()["publish_at"] == "2026-10-25T00:30:00Z"
    assert "02:30 occurs twice" in answer.json()["publish_note"]


@pytest.mark.parametrize(
    ("publish_at", "timezone", "named", "words"),
    [
        ("2026-11-21T18:00:00+02:00", "Europe/Vienna", ["publish_at", "timezone"], "Europe/Vienna"),
        ("2026-11-21T18:00:00Z", "Europe/Vienna", ["publish_at", "timezone"], "offset"),
        ("2026-11-21T18:00:00", None, ["timezone"], "no offset"),
        ("2027-03-28T02:30:00", "Europe/Vienna", ["publish_at"], "2027-03-28 03:00"),
        ("2026-11-21T18:00:00", "Europe/Atlantis", ["timezone"], "Europe/Atlantis"),
        ("2026-11-21T18:00:00Z", "../../etc/passwd", ["timezone"], "IANA"),
        (None, "Europe/Vienna", ["timezone"], "publish_at"),
        ("2026-08-31T18:00:00Z", None, ["publish_at"], "passed"),
        ("2031-08-31T18:00:00Z", None, ["publish_at"], "two years"),
        ("0001-01-01T00:00:00+14:00", None, ["publish_at"], "two years"),
        ("2026-02-30T18:00:00Z", None, ["publish_at"], "RFC 3339"),
        ("2026-11-21T18:00:00+25:00", None, ["publish_at"], "RFC 3339"),
        ("20261121T180000Z", None, ["publish_at"], "RFC 3339"),
        ("tomorrow", None, ["publish_at"], "RFC 3339"),
        ("", None, ["publish_at"], "RFC 3339"),
    ],
)
def test_a_time_that_cannot_be_used_is_named(
    api: Api,
    linked: TikTokAccount,
    clip: Media,
    publish_at: str | None,
    timezone: str | None,
    named: list[str],
    words: str,
) -> None:
    answer = api.create(body_of(linked, clip, publish_at=publish_at, timezone=timezone))
    assert (answer.status_code, fields_of(answer)) == (422, named)
    assert words in answer.json()["errors"][0]["message"]


def test_a_draft_is_scheduled_and_moved(api: Api, linked: TikTokAccount, clip: Media) -> None:
    draft = api.create(body_of(linked, clip, draft=True)).json()
    for publish_at in ("2026-11-21T17:00:00Z", "2026-11-22T17:00:00Z"):
        answer = api.publish(draft["id"], publish_at=publish_at)
        assert (answer.status_code, answer.json()["state"]) == (202, "scheduled")
        assert answer.json()["publish_at"] == publish_at
    refused = api.publish(draft["id"], publish_at="2026-08-31T18:00:00Z")
    assert (refused.status_code, fields_of(refused)) == (422, ["publish_at"])
    assert api.get(f"/posts/{draft['id']}").json()["publish_at"] == "2026-11-22T17:00:00Z"


def test_draft_at_the_second_of_two_times_shows_a_plain_wall_time(api: Api, linked: TikTokAccount, clip: Media) -> None:
    post = api.create(body_of(linked, clip, publish_at="2026-10-25T02:30:00+01:00", timezone="Europe/Vienna")).json()

    draft = api.send("PATCH", f"/posts/{post['id']}", {"caption": "Better words"}).json()

    assert (draft["state"], draft["publish_at"]) == ("draft", None)
    assert (draft["publish_local"], draft["timezone"]) == ("2026-10-25T02:30:00", "Europe/Vienna")


def test_gap_of_the_clocks_offers_the_next_valid_time_as_data(api: Api, linked: TikTokAccount, clip: Media) -> None:
    answer = api.create(body_of(linked, clip, publish_at="2027-03-28T02:30", timezone="Europe/Vienna"))

    (error,) = answer.json()["errors"]
    assert (error["field"], error["code"], error["next_valid"]) == ("publish_at", "time_in_gap", "2027-03-28T03:00:00")


def test_time_in_lower_case_is_taken(api: Api, linked: TikTokAccount, clip: Media) -> None:
    answer = api.create(body_of(linked, clip, publish_at="2026-11-21t18:00:00z"))

    assert (answer.status_code, answer.json()["publish_at"]) == (201, "2026-11-21T18:00:00Z")


@pytest.mark.parametrize("zone", ["", "right/Europe/Vienna", "posixrules", "localtime", "Factory", "europe/vienna"])
@pytest.mark.parametrize("publish_at", ["2026-11-21T18:00:00Z", "2026-11-21T18:00"])
def test_name_of_no_zone_is_refused_by_create_and_publish(
    api: Api, linked: TikTokAccount, clip: Media, zone: str, publish_at: str
) -> None:
    draft = api.create(body_of(linked, clip, draft=True, consent=None)).json()["id"]

    answers = [
        api.create(body_of(linked, clip, publish_at=publish_at, timezone=zone)),
        api.publish(draft, publish_at=publish_at, timezone=zone),
    ]

    for answer in answers:
        assert (answer.status_code, fields_of(answer)) == (422, ["timezone"])
        assert answer.json()["errors"][0]["code"] == "unknown_time_zone"
