"""Any answer is either understood, or an error that says how little is known."""

import json

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

from tiktok.api.answers import Answer, as_int, read_envelope, read_flat, scrubber
from tiktok.api.client import TikTokClient
from tiktok.api.content_posting import fetch_status, query_creator_info
from tiktok.api.errors import ErrorKind, TikTokError, TikTokUnavailable, UnreadableAnswer
from tiktok.api.limits import Endpoint
from tiktok.api.secret import Secret
from tiktok.api.types import PublishStatus

STATUS_URL = f"https://open.tiktokapis.com{Endpoint.STATUS_FETCH}"
OK = '"error": {"code": "ok"}'

UNREADABLE = [
    b"",
    b"<html>Bad gateway</html>",
    b"null",
    b"[]",
    b'"ok"',
    b"1",
    b'{"data": {"status": "FAILED"}}',
    b'{"data": {"status": "FAILED"}, "error": null}',
    b'{"data": {"status": "FAILED"}, "error": []}',
    b'{"data": {"status": "FAILED"}, "error": "ok"}',
    b'{"data": {"status": "FAILED"}, "error": {"code": null}}',
    b'{"data": {"status": "FAILED"}, "error": {"code": ["ok"]}}',
    b'{"data": {"status": "FAI',
    b"\xff\xfe\x00",
    b'{"data": {"status": "x"}, "n": ' + b"9" * 5000 + b"," + OK.encode() + b"}",
    b"[" * 200_000,
    f'{{"data": null, {OK}}}'.encode(),
    f'{{"data": [], {OK}}}'.encode(),
    f'{{"data": {{"status": null}}, {OK}}}'.encode(),
    f'{{"data": {{"status": 1}}, {OK}}}'.encode(),
]


@pytest.mark.parametrize("body", UNREADABLE)
def test_unreadable_success_is_unclear_and_never_a_success(
    mocked: responses.RequestsMock, client: TikTokClient, access_token: Secret, body: bytes
) -> None:
    mocked.post(STATUS_URL, body=body, status=200)

    with pytest.raises(UnreadableAnswer) as raised:
        fetch_status(client, access_token=access_token, publish_id="p")

    assert (raised.value.kind, raised.value.may_repeat) == (ErrorKind.UNCLEAR, True)


@pytest.mark.parametrize(
    ("status", "error", "hold_s"),
    [
        (302, UnreadableAnswer, None),
        (400, UnreadableAnswer, None),
        (404, UnreadableAnswer, None),
        (429, UnreadableAnswer, 60),
        (500, TikTokUnavailable, None),
        (502, TikTokUnavailable, None),
        (504, TikTokUnavailable, None),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>", f'{{"data": {{"status": "PUBLISH_COMPLETE"}}, {OK}}}'.encode()])
def test_without_a_code_of_refusal_no_status_is_a_definite_refusal(
    mocked: responses.RequestsMock,
    client: TikTokClient,
    access_token: Secret,
    status: int,
    error: type[TikTokError],
    hold_s: int | None,
    body: bytes,
) -> None:
    mocked.post(STATUS_URL, body=body, status=status, headers={"Location": "https://elsewhere.example/"})

    with pytest.raises(TikTokError) as raised:
        fetch_status(client, access_token=access_token, publish_id="p")

    assert type(raised.value) is error
    assert raised.value.hold_s == hold_s


def test_odd_types_of_single_fields_are_survived(
    mocked: responses.RequestsMock, client: TikTokClient, access_token: Secret
) -> None:
    data = {
        "status": "PUBLISH_COMPLETE\x00\ud800",
        "fail_reason": "",
        "publicaly_available_post_id": [7512345678901234567, "7512345678901234568", None, "x", 1.5, True, {}, 0],
        "uploaded_bytes": "30000000",
    }
    mocked.post(STATUS_URL, json={"data": data, "error": {"code": "ok", "logid": "2026Y"}})

    assert fetch_status(client, access_token=access_token, publish_id="p") == PublishStatus(
        status="PUBLISH_COMPLETE?",
        fail_reason=None,
        post_ids=("7512345678901234567", "7512345678901234568"),
        uploaded_bytes=30_000_000,
        log_id="2026Y",
    )


def test_flag_that_was_left_out_is_false_and_a_garbled_one_unreadable(
    mocked: responses.RequestsMock, client: TikTokClient, access_token: Secret
) -> None:
    data = {
        "creator_username": "u",
        "creator_nickname": "n",
        "privacy_level_options": [],
        "max_video_post_duration_sec": 1,
    }
    url = f"https://open.tiktokapis.com{Endpoint.CREATOR_INFO}"
    mocked.post(url, json={"data": data, "error": {"code": "ok"}})
    mocked.post(url, json={"data": {**data, "duet_disabled": "maybe"}, "error": {"code": "ok"}})

    info = query_creator_info(client, access_token=access_token)
    assert (info.comment_disabled, info.duet_disabled, info.stitch_disabled) == (False, False, False)
    with pytest.raises(UnreadableAnswer):
        query_creator_info(client, access_token=access_token)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, 5),
        ("5", 5),
        ("-5", -5),
        (5.0, 5),
        (2**63 - 1, 2**63 - 1),
        (2**63, None),
        ("9" * 19, None),
        ("9" * 5000, None),
        (True, None),
        ("", None),
        ("0x5", None),
        ("٥", None),
        (5.5, None),
        (float("inf"), None),
        (float("nan"), None),
        (None, None),
        ([5], None),
    ],
)
def test_number_is_a_64_bit_integer_or_nothing(value: object, number: int | None) -> None:
    assert as_int(value) == number


def test_support_id_is_taken_from_the_header_if_the_body_has_none() -> None:
    answer = Answer(200, {"X-Tt-Logid": "2026Z"}, b'{"data": {}, "error": {"code": "ok"}}', scrubber([]), True)
    assert read_envelope(answer).log_id == "2026Z"


@pytest.mark.parametrize(("retry_after", "hold_s"), [("5", 60), ("90", 90), ("999999", 3600), ("soon", 60)])
def test_longer_retry_after_is_kept_within_reason(retry_after: str, hold_s: int) -> None:
    body = b'{"error": {"code": "rate_limit_exceeded"}}'
    with pytest.raises(TikTokError) as raised:
        read_envelope(Answer(429, {"Retry-After": retry_after}, body, scrubber([]), True))
    assert raised.value.hold_s == hold_s


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["data", "error", "code", "message", "log_id", "x"]), inner)
    ),
    max_leaves=8,
)


@given(st.integers(100, 599), json_values | st.binary(max_size=20))
def test_no_answer_breaks_the_reader(status: int, value: object) -> None:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    answer = Answer(status, {}, body, scrubber([]), True)
    for read in (read_envelope, read_flat):
        try:
            read(answer)
        except TikTokError:
            continue
