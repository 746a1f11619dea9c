"""Ranges of a file, and their headers."""

from pathlib import Path

import pytest
from django.http import HttpResponseBase
from django.test import RequestFactory

from tiktok.media.serve import BadRange, send_file, wanted_range

CONTENT = bytes(range(256)) * 4


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", None),
        ("bytes=0-", (0, 999)),
        ("bytes=0-0", (0, 0)),
        ("bytes=10-19", (10, 19)),
        ("bytes=990-5000", (990, 999)),
        ("bytes=-10", (990, 999)),
        ("bytes=-5000", (0, 999)),
        ("bytes=9-3", None),
        ("bytes=0-1,5-6", None),
        ("items=0-1", None),
        ("bytes=-", None),
        ("BYTES=-", None),
        ("Bytes=-10", (990, 999)),
        ("bytes=x-y", None),
    ],
)
def test_range_is_read(header: str, expected: tuple[int, int] | None) -> None:
    assert wanted_range(header, 1000) == expected


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=5000-6000", "bytes=-0"])
def test_range_outside_is_refused(header: str) -> None:
    with pytest.raises(BadRange):
        wanted_range(header, 1000)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "content"
    path.write_bytes(CONTENT)
    return path


def sent(file: Path, method: str = "get", **headers: str) -> HttpResponseBase:
    request = getattr(RequestFactory(), method)("/", headers=headers)
    return send_file(request, file, content_type="video/mp4", etag="abc")


def body(response: HttpResponseBase) -> bytes:
    return b"".join(response.streaming_content)  # type: ignore[attr-defined]


def test_everything_is_sent_privately(file: Path) -> None:
    response = sent(file)

    assert response.status_code == 200
    assert body(response) == CONTENT
    assert response["Content-Length"] == "1024"
    assert response["Content-Type"] == "video/mp4"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, no-cache"
    assert response["Content-Disposition"] == "inline"


def test_part_is_sent(file: Path) -> None:
    response = sent(file, range="bytes=100-199")

    assert response.status_code == 206
    assert body(response) == CONTENT[100:200]
    assert response["Content-Range"] == "bytes 100-199/1024"
    assert response["Content-Length"] == "100"


def test_part_of_another_version_is_the_whole(file: Path) -> None:
    response = sent(file, **{"range": "bytes=100-199", "if-range": '"old"'})

    assert response.status_code == 200
    assert body(response) == CONTENT


def test_part_outside_is_416(file: Path) -> None:
    response = sent(file, range="bytes=4000-")

    assert response.status_code == 416
    assert response["Content-Range"] == "bytes */1024"


def test_what_the_browser_has_is_not_sent_again(file: Path) -> None:
    assert sent(file, **{"if-none-match": '"abc"'}).status_code == 304


def test_head_sends_no_bytes(file: Path) -> None:
    response = sent(file, "head")

    assert response["Content-Length"] == "1024"
    assert body(response) == b""


@pytest.mark.parametrize("known", ['"abc"', 'W/"abc"', '"x", "abc"', 'W/"x", W/"abc"', "*", '  "abc"  '])
def test_bytes_that_the_client_has_are_not_sent_again(file: Path, known: str) -> None:
    response = sent(file, **{"If-None-Match": known})

    assert (response.status_code, response["ETag"]) == (304, '"abc"')


@pytest.mark.parametrize("known", ['"x"', "abc", '"abcd"', ""])
def test_other_bytes_are_sent(file: Path, known: str) -> None:
    assert sent(file, **{"If-None-Match": known}).status_code == 200


@pytest.mark.parametrize(
    ("wanted", "status"), [('"abc"', 200), ('"x", "abc"', 200), ("*", 200), ('W/"abc"', 412), ('"x"', 412)]
)
def test_if_match_compares_strongly(file: Path, wanted: str, status: int) -> None:
    assert sent(file, **{"If-Match": wanted}).status_code == status


def test_range_of_a_head_is_ignored(file: Path) -> None:
    response = sent(file, "head", Range="bytes=0-9")

    assert (response.status_code, response["Content-Length"]) == (200, str(len(CONTENT)))
    assert "Content-Range" not in response


def test_unit_of_a_range_is_read_in_any_case(file: Path) -> None:
    response = sent(file, Range="Bytes=0-9")

    assert (response.status_code, body(response)) == (206, CONTENT[:10])


def test_range_of_a_weak_if_range_is_ignored(file: Path) -> None:
    assert sent(file, Range="bytes=0-9", **{"If-Range": 'W/"abc"'}).status_code == 200
