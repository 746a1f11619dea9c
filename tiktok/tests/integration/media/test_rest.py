"""Media by API key: whole files, parts by tus, lists, deleting."""

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from instances.models import Instance
from instances.roles import KeyScope
from instances.scoping import instance_scope
from tiktok.media import storage
from tiktok.media.lease import Lease
from tiktok.models import Media, MediaUpload
from tiktok.tests.factories import make_account, make_media, make_post, make_upload
from tiktok.tests.fixtures_rest import Api, MakeApi

PROMISED = {
    "id", "kind", "size_bytes", "sha256", "duration_ms", "width", "height", "fps", "codec", "problems",
}  # fmt: skip


def post_file(api: Api, content: bytes, name: str = "clip.mp4", field: str = "file") -> Any:
    return api.client.post("/api/v1/media", {field: SimpleUploadedFile(name, content)})


def tus(api: Api, method: str, path: str, body: bytes = b"", **headers: str) -> Any:
    sent = {"Tus-Resumable": "1.0.0"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return api.client.generic(method, path, body, "application/offset+octet-stream", headers=sent)


def create(api: Api, size: int) -> str:
    name = base64.b64encode(b"clip.mp4").decode()
    response = tus(api, "POST", "/api/v1/media/uploads", Upload_Length=str(size), Upload_Metadata=f"filename {name}")
    assert response.status_code == 201
    return str(response["Location"])


def test_file_goes_up_whole(api: Api, clip: Path, editor: User, run_due_checks: Callable[[], int]) -> None:
    answer = post_file(api, clip.read_bytes())

    assert answer.status_code == 201
    taken = answer.json()
    assert taken.keys() >= PROMISED
    assert (taken["state"], taken["size_bytes"], taken["sha256"]) == ("checking", clip.stat().st_size, None)
    assert (taken["width"], taken["codec"], taken["content_type"], taken["refusal"]) == (None, None, None, None)

    run_due_checks()
    media = api.get(f"/media/{taken['id']}").json()
    assert media["state"] == "ready"
    assert (media["kind"], media["name"], media["problems"]) == ("video", "clip.mp4", [])
    assert (media["width"], media["height"], media["duration_ms"], media["fps"]) == (360, 640, 2000, 30.0)
    assert media["sha256"] == hashlib.sha256(clip.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("content", "field", "status", "code"),
    [
        (b"", "file", 400, "empty_file"),
        (b"text", "video", 400, "one_file"),
    ],
)
def test_bad_file_is_refused_naming_the_field(api: Api, content: bytes, field: str, status: int, code: str) -> None:
    answer = post_file(api, content, field=field)

    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["code"] == code
    assert answer.json()["errors"][0]["field"] == "file"
    assert list(storage.incoming_dir().iterdir()) == []


def test_no_file_at_all_is_400(api: Api) -> None:
    problem = api.client.post("/api/v1/media", {"other": "x"}).json()

    assert (problem["code"], problem["detail"]) == (
        "no_file", "Send the file in the field “file”, with a file name.",
    )  # fmt: skip


def part(disposition: bytes, content: bytes) -> bytes:
    return b"--b\r\nContent-Disposition: form-data; " + disposition + b"\r\n\r\n" + content + b"\r\n"


def post_form(api: Api, *parts: bytes, boundary: str = "b") -> Any:
    body = b"".join(parts) + b"--b--\r\n"
    return api.client.generic("POST", "/api/v1/media", body, f"multipart/form-data; boundary={boundary}")


@pytest.mark.parametrize("size", [9, 3_000_000])
@pytest.mark.parametrize(
    "disposition",
    [
        b'name="file"',
        b'name="file"; filename=""',
        b'name="file"; filename="gr\xfc\xdfe.mp4"',
        b'name="file"; filename="' + "🍞".encode() * 250 + b'.mp4"',
    ],
    ids=["no file name", "empty file name", "Latin-1 file name", "file name over 1 KB"],
)
def test_part_without_a_readable_file_name_is_no_file(api: Api, disposition: bytes, size: int) -> None:
    answer = post_form(api, part(disposition, b"\x00\xff\r\n\r\n" * (size // 6)))

    assert (answer.status_code, answer.json()["code"]) == (400, "no_file")
    assert "with a file name" in answer.json()["detail"]
    assert answer.json()["errors"][0]["field"] == "file"
    assert list(storage.incoming_dir().iterdir()) == []


@pytest.mark.parametrize("boundary", ["", "x" * 300])
def test_form_without_a_valid_boundary_is_named_as_such(api: Api, boundary: str) -> None:
    answer = post_form(api, part(b'name="file"; filename="a.mp4"', b"x"), boundary=boundary)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert "boundary" in answer.json()["detail"]


def test_unreadable_part_after_the_file_leaves_no_file_behind(api: Api) -> None:
    video = part(b'name="file"; filename="a.mp4"', b"video")

    answer = post_form(api, video, part(b'name="note"', b"x" * 3_000_000))

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert "Send only the file" in answer.json()["detail"]
    assert list(storage.incoming_dir().iterdir()) == []


def test_file_name_of_a_form_arrives_as_it_was_meant(api: Api) -> None:
    name = "👩\u200d🍳 %22bread%22 &amp; می\u200cخواهم %41.mp4"

    answer = post_form(api, part(f'name="file"; filename="{name}"'.encode(), b"video"))

    assert answer.status_code == 201
    assert answer.json()["name"] == '👩\u200d🍳 "bread" &amp; می\u200cخواهم %41.mp4'


def test_file_goes_up_in_parts(api: Api, clip: Path, run_due_checks: Callable[[], int]) -> None:
    content = clip.read_bytes()
    url = create(api, len(content))
    assert url.startswith("/api/v1/media/uploads/")

    first = tus(api, "PATCH", url, content[:20_000], Upload_Offset="0")
    begun = api.client.get(url).json()
    last = tus(api, "PATCH", url, content[20_000:], Upload_Offset="20000")
    checking = api.client.get(url).json()
    run_due_checks()
    done = api.client.get(url).json()

    assert (first.status_code, last.status_code) == (204, 204)
    assert (begun["offset"], begun["media"], begun["problem"]) == (20_000, None, None)
    assert (checking["media"]["state"], checking["problem"]) == ("checking", None)
    assert done["media"]["sha256"] == hashlib.sha256(content).hexdigest()
    assert last["Clipdesk-Media-Id"] == done["media"]["id"]
    assert tus(api, "HEAD", url)["Upload-Offset"] == str(len(content))


def test_refused_upload_says_why(api: Api, run_due_checks: Callable[[], int]) -> None:
    url = create(api, 4)
    last = tus(api, "PATCH", url, b"text", Upload_Offset="0")
    run_due_checks()

    upload = api.client.get(url).json()
    media = api.get(f"/media/{last['Clipdesk-Media-Id']}").json()
    assert (upload["media"], upload["problem"]["code"]) == (None, "unknown_format")
    assert (media["state"], media["refusal"]) == ("refused", upload["problem"])
    assert media["refusal"]["message"].endswith("or a JPEG, PNG, WebP or HEIC.")


def test_what_a_killed_server_left_complete_is_checked_when_asked(
    api: Api, clip: Path, instance: Instance, run_due_checks: Callable[[], int]
) -> None:
    content = clip.read_bytes()
    with instance_scope(instance):
        upload = make_upload(instance, size_bytes=len(content), offset=len(content), path=storage.new_path(instance.pk))
    storage.absolute(upload.path).write_bytes(content)

    assert api.get(f"/media/uploads/{upload.pk}").json()["media"]["state"] == "checking"
    run_due_checks()
    assert api.get(f"/media/uploads/{upload.pk}").json()["media"]["width"] == 360


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Upload_Offset": "7"}, 409), ({"Upload_Offset": "0", "Upload_Checksum": "sha1 AAAA"}, 460), ({}, 400)],
)
def test_fault_of_tus_is_a_problem_too(api: Api, headers: dict[str, str], status: int) -> None:
    answer = tus(api, "PATCH", create(api, 100), b"abc", **headers)

    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Tus-Resumable"] == "1.0.0"


def test_upload_is_given_up(api: Api, instance: Instance) -> None:
    assert tus(api, "DELETE", create(api, 100)).status_code == 204
    with instance_scope(instance):
        assert not MediaUpload.objects.exists()


def test_list_continues_at_its_cursor(api: Api, instance: Instance, other_instance: Instance) -> None:
    with instance_scope(instance):
        made = [str(make_media(instance).pk) for _ in range(3)]
    with instance_scope(other_instance):
        make_media(other_instance)

    first = api.get("/media", limit=2).json()
    second = api.get("/media", limit=2, cursor=first["next_cursor"]).json()

    assert [item["id"] for item in first["items"] + second["items"]] == made[::-1]
    assert second["next_cursor"] is None


def test_media_is_deleted_unless_a_post_needs_it(api: Api, instance: Instance) -> None:
    with instance_scope(instance):
        free, used = make_media(instance), make_media(instance)
        make_post(make_account(instance), used)

    assert api.send("DELETE", f"/media/{free.pk}").status_code == 204
    assert api.get(f"/media/{free.pk}").status_code == 404
    refused = api.send("DELETE", f"/media/{used.pk}")
    assert (refused.status_code, refused.json()["code"]) == (409, "media_in_use")
    with instance_scope(instance):
        assert list(Media.objects.all()) == [used]


def test_key_without_the_scope_is_refused(make_api: MakeApi, editor: User) -> None:
    api = make_api(editor, KeyScope.POSTS_READ)

    assert api.get("/media").json()["code"] == "scope_missing"
    assert tus(api, "POST", "/api/v1/media/uploads", Upload_Length="5").status_code == 403


def test_schema_tells_how_to_send_a_file(api: Api) -> None:
    schema = api.get("/openapi.json").json()
    body = schema["paths"]["/api/v1/media"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]

    assert body["properties"]["file"] == {"type": "string", "format": "binary"}


UPLOADS = "/api/v1/media/uploads"
UNKNOWN = f"{UPLOADS}/3f2c8f0e-0000-4000-8000-000000000000"


def test_upload_of_an_unheard_of_size_is_too_large(api: Api) -> None:
    answer = tus(api, "POST", UPLOADS, Upload_Length="9" * 30)

    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")


@pytest.mark.parametrize("header", ["Upload-Concat: partial", "Upload-Defer-Length: 1"])
def test_tus_extension_that_is_not_offered_is_refused(api: Api, instance: Instance, header: str) -> None:
    name, value = header.split(": ")
    answer = api.client.post(UPLOADS, headers={"Tus-Resumable": "1.0.0", "Upload-Length": "9", name: value})

    assert (answer.status_code, answer.json()["code"]) == (400, "tus_extension")
    assert name in answer.json()["detail"]
    with instance_scope(instance):
        assert not MediaUpload.objects.exists()


@pytest.mark.parametrize(
    ("method", "path", "override", "status"),
    [
        ("HEAD", UNKNOWN, "", 404),
        ("PATCH", f"{UPLOADS}/7", "", 404),
        ("PUT", UPLOADS, "", 405),
        ("POST", "{made}", "GET", 405),
    ],
)
def test_every_refusal_of_tus_is_a_problem_with_its_header(
    api: Api, method: str, path: str, override: str, status: int
) -> None:
    answer = tus(api, method, path.format(made=create(api, 9)), X_HTTP_Method_Override=override)

    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer["Tus-Resumable"] == "1.0.0"
    assert status != 405 or "OPTIONS" in answer["Allow"]


def test_without_a_key_tus_says_what_it_can_do_and_nothing_else(client: Client, db: None) -> None:
    for path in (UPLOADS, UNKNOWN):
        answer = client.options(path)
        assert (answer.status_code, answer["Tus-Resumable"], answer["Tus-Version"]) == (204, "1.0.0", "1.0.0")
        assert "creation" in answer["Tus-Extension"].split(",")
    refused = client.post(UPLOADS, headers={"Tus-Resumable": "1.0.0"})
    assert (refused.status_code, refused["Tus-Resumable"]) == (401, "1.0.0")


def test_locked_upload_says_when_to_come_back(api: Api, instance: Instance) -> None:
    url = create(api, 9)
    with instance_scope(instance):
        Lease(MediaUpload.objects.get()).take()

    answers = [tus(api, "PATCH", url, b"abc", Upload_Offset="0"), tus(api, "DELETE", url)]

    assert [(answer.status_code, answer["Retry-After"]) for answer in answers] == [(423, "5"), (423, "5")]


def test_error_of_a_file_has_its_code(api: Api) -> None:
    (error,) = post_file(api, b"").json()["errors"]

    assert (error["field"], error["code"]) == ("file", "empty_file")
