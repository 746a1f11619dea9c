"""The media page and its uploads over HTTP: tus, a plain form, the files themselves."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.media import storage, views
from tiktok.models import Media, MediaUpload, PostState
from tiktok.tests.factories import make_account, make_media, make_post, make_upload

UPLOADS = "/i/aurora/media/uploads/"
STREAM = "application/offset+octet-stream"


@pytest.fixture
def client(client: Client, instance: Instance, editor: User) -> Client:
    """Signed in as the editor."""
    client.force_login(editor)
    return client


def tus(client: Client, method: str, path: str, body: bytes = b"", **headers: Any) -> Any:
    sent = {"Tus-Resumable": "1.0.0"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return client.generic(method, path, body, STREAM, headers=sent)


def create(client: Client, size: int, name: str = "clip.mp4") -> str:
    encoded = base64.b64encode(name.encode()).decode()
    response = tus(client, "POST", UPLOADS, Upload_Length=str(size), Upload_Metadata=f"filename {encoded},filetype")
    assert response.status_code == 201
    return str(response["Location"])


def test_server_says_what_it_speaks(client: Client) -> None:
    response = client.options(UPLOADS)

    assert response.status_code == 204
    assert response["Tus-Version"] == "1.0.0"
    assert response["Tus-Extension"] == "creation,checksum,termination,expiration"
    assert response["Tus-Max-Size"] == "4294967296"
    assert response["Tus-Checksum-Algorithm"] == "sha256,sha1"


def test_video_goes_up_in_two_parts_and_becomes_media(client: Client, clip: Path, instance: Instance) -> None:
    content = clip.read_bytes()
    url = create(client, len(content), "größe.mp4")

    first = tus(client, "PATCH", url, content[:30_000], Upload_Offset="0")
    head = tus(client, "HEAD", url)
    second = tus(client, "PATCH", url, content[30_000:], Upload_Offset="30000")
    finish = client.post(f"{url}finish/")

    assert (first.status_code, first["Upload-Offset"]) == (204, "30000")
    assert (head.status_code, head["Upload-Offset"], head["Upload-Length"]) == (200, "30000", str(len(content)))
    assert head["Cache-Control"] == "no-store"
    assert "Upload-Expires" in head
    assert (second.status_code, second["Upload-Offset"]) == (204, str(len(content)))
    assert second["Clipdesk-Media-Id"] == finish.json()["id"]
    assert finish.json()["name"] == "größe.mp4"
    assert finish.json()["state"] == "checking"
    with instance_scope(instance):
        assert Media.objects.get().pk == UUID(finish.json()["id"])


def test_refused_file_says_why(client: Client, run_due_checks: Callable[[], int]) -> None:
    url = create(client, 4)
    patch = tus(client, "PATCH", url, b"text", Upload_Offset="0")
    card_url = reverse("tiktok:media-card", args=["aurora", patch["Clipdesk-Media-Id"]])

    checking = client.get(card_url).content.decode()
    run_due_checks()
    refused = client.get(card_url).content.decode()

    assert patch.status_code == 204
    assert "Checking…" in checking
    assert 'hx-trigger="every 1s"' in checking
    assert " is neither a video nor a photo that Clipdesk can read." in refused
    assert "hx-trigger" not in refused


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("PATCH", {"Tus_Resumable": "0.2.2", "Upload_Offset": "0"}, 412),
        ("PATCH", {}, 400),
        ("PATCH", {"Upload_Offset": "-1"}, 400),
        ("PATCH", {"Upload_Offset": "nine"}, 400),
        ("PATCH", {"Upload_Offset": "٣"}, 400),
        ("PATCH", {"Upload_Offset": "9" * 40}, 409),
        ("PATCH", {"Upload_Offset": "5"}, 409),
        ("PATCH", {"Upload_Offset": "0", "Upload_Checksum": "md5 AAAA"}, 400),
        ("PATCH", {"Upload_Offset": "0", "Upload_Checksum": "sha1 %%%"}, 400),
        ("PATCH", {"Upload_Offset": "0", "Upload_Checksum": "sha1 AAAA"}, 460),
        ("PUT", {}, 405),
        ("POST", {"X_HTTP_Method_Override": "PUT"}, 405),
    ],
)
def test_bad_request_is_answered_plainly(client: Client, method: str, headers: dict[str, Any], status: int) -> None:
    url = create(client, 100)

    response = tus(client, method, url, b"abc", **headers)

    assert response.status_code == status
    assert response["Tus-Resumable"] == "1.0.0"
    assert tus(client, "HEAD", url)["Upload-Offset"] == "0"


def test_too_many_bytes_are_refused(client: Client) -> None:
    url = create(client, 2)

    assert tus(client, "PATCH", url, b"abc", Upload_Offset="0").status_code == 413


def test_another_content_type_is_refused(client: Client) -> None:
    url = create(client, 3)
    headers = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0"}

    assert client.generic("PATCH", url, b"abc", "text/plain", headers=headers).status_code == 415


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 400),
        ({"Upload_Defer_Length": "1"}, 400),
        ({"Upload_Length": "0"}, 400),
        ({"Upload_Length": "1e9"}, 400),
        ({"Upload_Length": "4294967297"}, 413),
        ({"Upload_Length": "5", "Upload_Metadata": "filename not base64"}, 400),
        ({"Upload_Length": "5", "Upload_Metadata": "filename /w=="}, 400),
    ],
)
def test_bad_announcement_is_refused(client: Client, headers: dict[str, Any], status: int) -> None:
    response = tus(client, "POST", UPLOADS, **headers)

    assert response.status_code == status
    assert response.json()["message"]


def test_client_that_can_only_post_is_served(client: Client) -> None:
    url = create(client, 100)
    response = tus(client, "POST", url, b"abc", Upload_Offset="0", X_HTTP_Method_Override="PATCH")

    assert (response.status_code, response["Upload-Offset"]) == (204, "3")


def test_upload_is_given_up(client: Client) -> None:
    url = create(client, 100)

    assert tus(client, "DELETE", url).status_code == 204
    assert tus(client, "HEAD", url).status_code == 404


def test_uploads_need_the_csrf_token(client: Client, editor: User) -> None:
    url = create(client, 100)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(editor)

    assert tus(strict, "POST", UPLOADS, Upload_Length="5").status_code == 403
    assert tus(strict, "PATCH", url, b"abc", Upload_Offset="0").status_code == 403
    assert tus(strict, "DELETE", url).status_code == 403
    assert strict.post(UPLOADS, {"file": SimpleUploadedFile("a.mp4", b"abc")}).status_code == 403
    assert list(storage.incoming_dir().iterdir()) == []


def test_page_of_another_person_cannot_continue_an_upload(client: Client, editor: User, admin: User) -> None:
    url = create(client, 3)
    other: dict[str, Any] = {"Clipdesk_Person": str(admin.pk)}
    own: dict[str, Any] = {"Clipdesk_Person": str(editor.pk)}

    assert tus(client, "POST", UPLOADS, Upload_Length="5", **other).status_code == 412
    assert tus(client, "HEAD", url, **other).status_code == 412
    assert tus(client, "PATCH", url, b"abc", Upload_Offset="0", **other).status_code == 412
    assert tus(client, "PATCH", url, b"abc", Upload_Offset="0", **own).status_code == 204
    assert client.post(f"{url}finish/", headers={"Clipdesk-Person": str(admin.pk)}).status_code == 412
    assert client.post(f"{url}finish/", headers={"Clipdesk-Person": str(editor.pk)}).status_code == 200


def test_signed_out_person_gets_an_explanation(client: Client) -> None:
    url = create(client, 100)
    client.logout()

    assert tus(client, "PATCH", url, b"abc", Upload_Offset="0").status_code == 401


def test_plain_form_uploads_too(
    client: Client, clip: Path, instance: Instance, editor: User, run_due_checks: Callable[[], int]
) -> None:
    file = SimpleUploadedFile("form.mp4", clip.read_bytes(), "text/plain")

    response = client.post(UPLOADS, {"file": file}, follow=True)

    assert "“form.mp4” was uploaded." in response.content.decode()
    run_due_checks()
    with instance_scope(instance):
        media = Media.objects.get()
    assert (media.content_type, media.uploaded_by, media.file.read_bytes()) == ("video/mp4", editor, clip.read_bytes())
    assert list(storage.incoming_dir().iterdir()) == []


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({}, "Choose a file first."),
        ({"file": "text"}, "Choose a file first."),
        ({"file": SimpleUploadedFile("a.mp4", b"")}, "This file is empty."),
        ({"other": SimpleUploadedFile("a.mp4", b"text")}, "Send exactly one file"),
        ({"file": [SimpleUploadedFile("a.mp4", b"1"), SimpleUploadedFile("b.mp4", b"2")]}, "Send exactly one file"),
    ],
)
def test_bad_form_gets_an_explanation(client: Client, form: dict[str, Any], said: str) -> None:
    response = client.post(UPLOADS, form, follow=True)

    assert response.status_code == 200
    assert said in response.content.decode()
    assert list(storage.incoming_dir().iterdir()) == []


@pytest.mark.parametrize(
    ("boundary", "said"),
    [("b", "Send the file in the field “file”, with a file name"), ("", "has no valid boundary")],
)
def test_unreadable_form_leads_back_with_the_reason(client: Client, boundary: str, said: str) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n' + b"x" * 3_000_000 + b"\r\n--b--\r\n"

    response = client.generic("POST", UPLOADS, body, f"multipart/form-data; boundary={boundary}")

    assert said in client.get(response["Location"]).content.decode()


def test_form_over_four_gigabytes_is_refused_before_it_is_read(client: Client) -> None:
    claim = {"CONTENT_LENGTH": str(5 * 1024**3)}
    response = client.generic("POST", UPLOADS, b"--x\r\n", "multipart/form-data; boundary=x", **claim)  # type: ignore[arg-type]

    assert "TikTok accepts up to 4 GB" in client.get(response["Location"]).content.decode()


def test_other_forms_drop_large_files_unread() -> None:
    assert settings.FILE_UPLOAD_HANDLERS == ["django.core.files.uploadhandler.MemoryFileUploadHandler"]


def test_empty_page_says_what_to_do(client: Client) -> None:
    page = client.get("/i/aurora/media/").content.decode()

    assert "No videos or photos yet" in page
    assert "data-upload" in page


def test_viewer_sees_media_and_nothing_to_write(client: Client, viewer: User, instance: Instance) -> None:
    with instance_scope(instance):
        make_media(instance)
    client.force_login(viewer)
    page = client.get("/i/aurora/media/").content.decode()

    assert "clip.mp4" in page
    assert "data-upload" not in page
    assert "/delete/" not in page


def test_card_shows_facts_problems_and_use(client: Client, instance: Instance) -> None:
    problem = {"code": "frame_rate", "message": "Its frame rate is 15 fps.", "fixable": True}
    with instance_scope(instance):
        media = make_media(instance, problems=[problem], original_name="<b>x</b>.mp4", size_bytes=5_000_000)
        make_post(make_account(instance), media)
        make_post(make_account(instance), media)
    page = client.get(reverse("tiktok:media-card", args=["aurora", media.pk])).content.decode()

    for text in ("1080 × 1920 px", "0:30", "H.264", "30 fps", "5.0\xa0MB", "Its frame rate is 15 fps.", "In 2 posts"):
        assert text in page
    assert "&lt;b&gt;x&lt;/b&gt;.mp4" in page
    assert "<b>x</b>" not in page


def test_page_asks_the_same_questions_for_one_and_for_three(client: Client, instance: Instance, editor: User) -> None:
    def furnish() -> None:
        with instance_scope(instance):
            make_post(make_account(instance), make_media(instance, uploaded_by=editor))
            make_upload(instance, created_by=editor)

    def count() -> int:
        with CaptureQueriesContext(connection) as asked:
            page = client.get("/i/aurora/media/").content.decode()
        assert page.count("data-unfinished") == page.count("<article")
        return len(asked)

    furnish()
    client.get("/i/aurora/media/")
    one = count()
    furnish()
    furnish()

    assert count() == one


def test_list_is_cut_into_pages(client: Client, instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "PER_PAGE", 2)
    with instance_scope(instance):
        for number in range(3):
            make_media(instance, original_name=f"clip-{number}.mp4")

    assert "clip-0.mp4" not in client.get("/i/aurora/media/").content.decode()
    assert "clip-0.mp4" in client.get("/i/aurora/media/?page=2").content.decode()
    assert client.get("/i/aurora/media/?page=nonsense").status_code == 200


def test_file_is_sent_with_its_real_type(client: Client, instance: Instance) -> None:
    with instance_scope(instance):
        media = make_media(instance, content=b"0123456789")
        odd = make_media(instance, content=b"<script>", content_type="text/html")
    url = reverse("tiktok:media-file", args=["aurora", media.pk])

    part = client.get(url, headers={"range": "bytes=2-4"})
    assert (part.status_code, b"".join(part.streaming_content)) == (206, b"234")  # type: ignore[attr-defined]
    assert part["Content-Type"] == "video/mp4"
    assert client.get(reverse("tiktok:media-file", args=["aurora", odd.pk]))["Content-Type"] == (
        "application/octet-stream"
    )


def test_file_that_is_gone_is_404(client: Client, instance: Instance) -> None:
    with instance_scope(instance):
        media = make_media(instance)
    media.file.unlink()

    assert client.get(reverse("tiktok:media-file", args=["aurora", media.pk])).status_code == 404
    assert client.get(reverse("tiktok:media-thumbnail", args=["aurora", media.pk])).status_code == 404


def test_deleting_says_what_happened(client: Client, instance: Instance) -> None:
    with instance_scope(instance):
        free, used = make_media(instance), make_media(instance)
        make_post(make_account(instance), used)
        gone = make_media(instance, original_name="gone.mp4")
        make_post(make_account(instance), gone, state=PostState.PUBLISHED)

    def deleted(media: Media) -> str:
        url = reverse("tiktok:media-delete", args=["aurora", media.pk])
        return client.post(url, follow=True).content.decode()

    assert "“clip.mp4” was deleted." in deleted(free)
    assert "1 post still needs this file" in deleted(used)
    deleted(gone)
    assert "gone.mp4" not in client.get("/i/aurora/media/").content.decode()
    assert client.get(reverse("tiktok:media-file", args=["aurora", gone.pk])).status_code == 404


def test_unfinished_upload_is_shown_and_discarded(client: Client, instance: Instance, editor: User) -> None:
    with instance_scope(instance):
        upload = make_upload(instance, created_by=editor, original_name="half.mp4", offset=500)
    page = client.get("/i/aurora/media/").content.decode()
    assert "half.mp4" in page
    assert "50 %" in page

    client.post(reverse("tiktok:media-upload-discard", args=["aurora", upload.pk]))

    with instance_scope(instance):
        assert not MediaUpload.objects.exists()
