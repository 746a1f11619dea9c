"""The URL prefix in the back office: from TikTok's signature file to a prefix from which it may download."""

from pathlib import Path

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import AuditLogEntry, User
from core.doctor.finding import State
from core.doctor.run import CheckContext
from instances.audit_log.words import in_words
from instances.models import Instance
from instances.tests.factories import UserFactory
from instances.tests.sign_in import give_second_factor, sign_in_again, sign_in_as_staff
from tiktok.developer_apps import guide
from tiktok.developer_apps.prefix import services
from tiktok.developer_apps.prefix.problems import PrefixProblem
from tiktok.developer_apps.prefix.rules import verification_file
from tiktok.developer_apps.prefix.standing import url_prefix
from tiktok.models import MediaSource, TikTokApp
from tiktok.tests.factories import TikTokAppFactory
from tiktok.tests.simulator_process import CLIENT_KEY, CLIENT_SECRET, Simulator

pytestmark = pytest.mark.django_db
TOKEN = "Vr8r1YMiO490psCs9PIqCeFssNIy7bN8"
LINE = f"tiktok-developers-site-verification={TOKEN}"
OFFLINE = CheckContext(is_online=False, database_answers=True)
ONLINE = CheckContext(is_online=True, database_answers=True)
REACHED = {
    "url_prefix": "https://clip.example.com/m/",
    "verification_file": f"tiktok{TOKEN}.txt",
    "verification_content": LINE,
    "prefix_checked_at": timezone.now(),
}


@pytest.fixture
def staff(client: Client) -> Client:
    sign_in_as_staff(client, UserFactory.create(email="ops@example.com"))
    return client


@pytest.fixture
def public(settings: Settings) -> Settings:
    """Clipdesk at a public address, with the real TikTok; the network of the tests knows neither."""
    settings.BASE_URL, settings.TIKTOK_API_BASE_URL = "https://clip.example.com", "https://open.tiktokapis.com"
    return settings


@pytest.fixture
def app(db: None) -> TikTokApp:
    return TikTokAppFactory.create(name="Ours", client_key=CLIENT_KEY, secret=CLIENT_SECRET)


def at(app: TikTokApp, part: str = "") -> str:
    return reverse(f"admin:tiktok_tiktokapp_prefix{part}", args=[app.pk])


def page_of(client: Client, app: TikTokApp) -> str:
    return client.get(at(app)).content.decode()


def forms_of(page: str) -> int:
    return page.partition("<main")[2].partition("</main>")[0].count("<form")


def reached(app: TikTokApp, **changes: object) -> TikTokApp:
    TikTokApp.objects.filter(pk=app.pk).update(**(REACHED | changes))
    app.refresh_from_db()
    return app


def found(app: TikTokApp, context: CheckContext = OFFLINE) -> tuple[State, str]:
    (finding,) = url_prefix(app, context)
    return finding.state, finding.text


# The verification file


@pytest.mark.usefixtures("public")
def test_verification_file_is_served_to_anybody_under_its_exact_name(client: Client, app: TikTokApp) -> None:
    services.store_verification_file(app, verification_file(LINE), actor=None)
    name = f"/m/tiktok{TOKEN}.txt"

    answer = client.get(name)

    assert (answer.status_code, answer.content.decode()) == (200, LINE)
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("text/plain", "no-store")
    assert client.head(name).status_code == 200
    assert client.post(name).status_code == 405
    others = [name.lower(), f"{name}/", name[:-4], "/m/tiktok.txt", f"/m/tiktok{TOKEN[:-1]}.txt", f"/m/x{TOKEN}.txt"]
    assert [client.get(other).status_code for other in others] == [404] * len(others)


@pytest.mark.usefixtures("public")
def test_replaced_verification_file_is_no_longer_served(client: Client, app: TikTokApp) -> None:
    services.store_verification_file(app, verification_file(LINE), actor=None)
    services.store_verification_file(app, verification_file(LINE[:-1]), actor=None)

    assert client.get(f"/m/tiktok{TOKEN}.txt").status_code == 404
    assert client.get(f"/m/tiktok{TOKEN[:-1]}.txt").content.decode() == LINE[:-1]


def test_app_without_a_file_serves_none(client: Client, app: TikTokApp) -> None:
    reached(app, verification_content="")

    assert client.get(f"/m/tiktok{TOKEN}.txt").status_code == 404
    assert client.get("/m/.txt").status_code == 404


# The page


def test_page_says_which_prefix_to_register(staff: Client, public: Settings, app: TikTokApp) -> None:
    page = page_of(staff, app)

    assert 'value="https://clip.example.com/m/"' in page
    assert "No prefix is set up" in page
    assert "Enter the signature file first." in page
    assert at(app) in staff.get(reverse("admin:tiktok_tiktokapp_change", args=[app.pk])).content.decode()
    assert at(app) in staff.get(reverse("admin:tiktok_tiktokapp_setup", args=[app.pk])).content.decode()


@pytest.mark.parametrize(
    ("base_url", "reason"),
    [
        ("http://127.0.0.1:8000", "the address works only on this machine or in its network"),
        ("http://192.168.1.20:8000", "has an IP address instead of a host name"),
        ("http://clip.example.com", "TikTok downloads only by https"),
    ],
)
def test_laptop_says_why_it_cannot_work_and_takes_no_file(
    staff: Client, public: Settings, app: TikTokApp, base_url: str, reason: str
) -> None:
    public.BASE_URL = base_url

    page = page_of(staff, app)
    refused = staff.post(at(app, "_file"), {"content": LINE})

    assert "TikTok can’t download from this installation" in page
    assert reason in page
    assert "Only photos can’t be published." in page
    assert forms_of(page) == 0
    assert refused.status_code == 422
    app.refresh_from_db()
    assert (app.verification_file, app.url_prefix) == ("", "")


@pytest.mark.django_db(transaction=True)
def test_prefix_works_from_the_portal_to_the_first_download(
    staff: Client, settings: Settings, tiktok: Simulator, live_server: LiveServer, app: TikTokApp
) -> None:
    settings.BASE_URL, settings.TIKTOK_API_BASE_URL = live_server.url, tiktok.base_url
    prefix = f"{live_server.url}/m/"
    offered = tiktok.add_prefix(prefix)
    file = SimpleUploadedFile(offered.file_name, offered.file_content.encode(), content_type="text/plain")

    answer = staff.post(at(app, "_file"), {"file": file}, follow=True)

    app.refresh_from_db()
    assert (app.url_prefix, app.can_pull) == (prefix, True)
    assert "TikTok can download from here" in answer.content.decode()
    assert tiktok.verify_prefix(prefix).is_verified


def test_pasted_line_names_its_file_and_a_failed_check_says_why(
    staff: Client, public: Settings, app: TikTokApp
) -> None:
    public.BASE_URL = "https://clip.invalid"

    answer = staff.post(at(app, "_file"), {"content": f" {LINE}\n"}, follow=True)

    app.refresh_from_db()
    assert (app.verification_file, app.verification_content) == (f"tiktok{TOKEN}.txt", LINE)
    assert (app.prefix_problem, app.can_pull) == (PrefixProblem.UNRESOLVED, False)
    assert app.prefix_checked_at is not None
    page = answer.content.decode()
    assert f"The host name of https://clip.invalid/m/tiktok{TOKEN}.txt is unknown." in page
    assert "Add it to DNS, or correct BASE_URL and restart." in page
    assert "Checked on" in page


@pytest.mark.usefixtures("public")
@pytest.mark.parametrize(
    ("name", "content", "pasted", "field", "message"),
    [
        ("tiktok.txt", LINE, "", "file", "Keep the file’s name as TikTok gives it: “tiktok”, a code, and “.txt”."),
        (f"tiktok{TOKEN[:-1]}.txt", LINE, "", "file",
         "The code in the file’s name differs from the one in its content."),
        (f"tiktok{TOKEN}.txt", "x" * 2000, "", "file", "This file is too large to be TikTok’s."),
        (f"tiktok{TOKEN}.txt", "\xff", "", "file",
         "TikTok’s file has one line: “tiktok-developers-site-verification=” and a code."),
        ("", "", TOKEN, "content", "TikTok’s file has one line: “tiktok-developers-site-verification=” and a code."),
        ("", "", "", "__all__", "Choose TikTok’s signature file, or paste its content."),
        (f"tiktok{TOKEN}.txt", LINE, LINE[:-1], "__all__", "The file and the pasted content differ."),
    ],
)  # fmt: skip
def test_other_files_are_refused_at_their_field(
    staff: Client, app: TikTokApp, name: str, content: str, pasted: str, field: str, message: str
) -> None:
    sent = {"file": SimpleUploadedFile(name, content.encode("latin-1"))} if name else {}

    answer = staff.post(at(app, "_file"), sent | {"content": pasted})

    assert answer.status_code == 422
    assert answer.context["file_form"].errors == {field: [message]}
    assert not TikTokApp.objects.exclude(verification_file="").exists()


@pytest.mark.usefixtures("public")
def test_page_is_for_staff_who_may_change_apps(client: Client, editor: User, app: TikTokApp) -> None:
    client.force_login(editor)
    assert client.get(at(app), follow=True).status_code == 403
    User.objects.filter(pk=editor.pk).update(is_staff=True)
    give_second_factor(editor)
    sign_in_again(client, editor)
    assert client.get(at(app)).status_code == 403
    editor.user_permissions.add(Permission.objects.get(codename="view_tiktokapp"))

    assert forms_of(page_of(client, app)) == 0
    parts = {"_file": {"content": LINE}, "_check": {}, "_transfer": {"video_transfer": "FILE_UPLOAD"}}
    assert [client.post(at(app, part), sent).status_code for part, sent in parts.items()] == [403] * 3
    assert Client().get(at(app)).status_code == 302


# The transfer of videos


@pytest.mark.usefixtures("public")
def test_downloads_of_videos_wait_for_a_passed_check(staff: Client, app: TikTokApp) -> None:
    page = page_of(staff, app)
    answer = staff.post(at(app, "_transfer"), {"video_transfer": "PULL_FROM_URL"})

    assert "Available once the check above has passed." in page
    assert answer.status_code == 422
    assert answer.context["transfer_form"].errors == {
        "video_transfer": ["TikTok can’t download from here yet. Check the prefix first."]
    }
    app.refresh_from_db()
    assert app.video_transfer == "FILE_UPLOAD"


@pytest.mark.usefixtures("public")
def test_check_that_failed_in_the_meantime_refuses_downloads(app: TikTokApp) -> None:
    reached(app)
    TikTokApp.objects.update(prefix_problem=PrefixProblem.NO_CONNECTION)

    with pytest.raises(services.PrefixNotReady):
        services.set_video_transfer(app, MediaSource.PULL_FROM_URL, actor=None)
    assert TikTokApp.objects.get().video_transfer == "FILE_UPLOAD"


@pytest.mark.usefixtures("public")
def test_chosen_downloads_stay_chosen_while_the_prefix_fails(staff: Client, app: TikTokApp) -> None:
    reached(app, video_transfer="PULL_FROM_URL", prefix_problem=PrefixProblem.SLOW)

    assert "disabled" not in str(staff.get(at(app)).context["transfer_form"])
    assert staff.post(at(app, "_transfer"), {"video_transfer": "PULL_FROM_URL"}).status_code == 302
    app.refresh_from_db()
    assert (app.video_transfer, app.can_pull) == ("PULL_FROM_URL", False)


@pytest.mark.usefixtures("public")
def test_change_of_transfer_is_in_both_logs_once(staff: Client, app: TikTokApp, instance: Instance) -> None:
    person = User.objects.get(email="ops@example.com")
    reached(app, tenant=instance.tenant)

    for chosen in ("PULL_FROM_URL", "PULL_FROM_URL", "FILE_UPLOAD"):
        assert staff.post(at(app, "_transfer"), {"video_transfer": chosen}).status_code == 302
        app.refresh_from_db()
        assert app.video_transfer == chosen

    lines = AuditLogEntry.objects.filter(action="tiktok_app.video_transfer_changed").order_by("at")
    assert [(line.tenant, line.actor_label, line.detail["transfer"]) for line in lines] == [
        (instance.tenant, "ops@example.com", "PULL_FROM_URL"),
        (instance.tenant, "ops@example.com", "FILE_UPLOAD"),
    ]
    assert [line.text for line in in_words(instance, lines)] == [
        f"{person} set the videos of the TikTok app “Ours” to be downloaded by TikTok",
        f"{person} set the videos of the TikTok app “Ours” to be uploaded by Clipdesk",
    ]
    assert [entry.change_message for entry in LogEntry.objects.order_by("pk")] == [
        "Set the transfer of videos to PULL_FROM_URL.", "Set the transfer of videos to FILE_UPLOAD.",
    ]  # fmt: skip


@pytest.mark.usefixtures("public")
def test_videos_are_uploaded_while_the_prefix_fails(app: TikTokApp) -> None:
    assert reached(app, video_transfer="PULL_FROM_URL").video_source == MediaSource.PULL_FROM_URL
    assert reached(app, prefix_problem=PrefixProblem.SLOW).video_source == MediaSource.FILE_UPLOAD
    assert reached(app, prefix_problem="", prefix_checked_at=None).video_source == MediaSource.FILE_UPLOAD


@pytest.mark.usefixtures("public")
def test_new_file_is_in_the_tenants_audit_log(staff: Client, app: TikTokApp, instance: Instance) -> None:
    TikTokApp.objects.update(tenant=instance.tenant)

    staff.post(at(app, "_file"), {"content": LINE})

    line = AuditLogEntry.objects.get(action="tiktok_app.prefix_changed")
    assert (line.tenant, line.detail["prefix"]) == (instance.tenant, "https://clip.example.com/m/")


# TikTok's refusal


@pytest.mark.usefixtures("public")
def test_refused_ownership_is_recorded_once(staff: Client, app: TikTokApp) -> None:
    reached(app, video_transfer="PULL_FROM_URL")

    assert [services.note_ownership_refused(app) for _ in range(3)] == [True, False, False]

    app.refresh_from_db()
    assert (app.prefix_problem, app.can_pull) == ("refused_by_tiktok", False)
    page = page_of(staff, app)
    assert "(url_ownership_unverified)" in page
    assert "verify the URL prefix for this app" in page


@pytest.mark.django_db(transaction=True)
def test_passed_check_ends_a_refusal(
    settings: Settings, tiktok: Simulator, live_server: LiveServer, app: TikTokApp
) -> None:
    settings.BASE_URL, settings.TIKTOK_API_BASE_URL = live_server.url, tiktok.base_url
    reached(app, prefix_problem=PrefixProblem.REFUSED_BY_TIKTOK)
    assert found(app, ONLINE)[0] == State.WARNING

    services.check_prefix(app)

    assert (app.prefix_problem, app.can_pull, app.url_prefix) == ("", True, f"{live_server.url}/m/")


# Doctor, guide, command


@pytest.mark.usefixtures("public")
def test_doctor_reports_the_prefix(app: TikTokApp) -> None:
    assert found(app)[0] == State.OK
    assert found(app)[1].startswith("No URL prefix is set up for this app. Videos are uploaded; photos can’t")
    reached(app, prefix_checked_at=None)
    assert found(app) == (State.WARNING, "The URL prefix has not been checked, so photos can’t be published.")
    reached(app, prefix_problem=PrefixProblem.NO_TLS)
    assert found(app) == (
        State.WARNING,
        f"The certificate at https://clip.example.com/m/tiktok{TOKEN}.txt is not valid. Photos can’t be published.",
    )
    reached(app, prefix_problem=PrefixProblem.NO_TLS, video_transfer="PULL_FROM_URL")
    assert found(app)[1].endswith("Clipdesk uploads videos until a check has passed.")
    reached(app, prefix_problem="")
    assert found(app)[0] == State.OK
    assert found(app)[1].startswith("TikTok can download from https://clip.example.com/m/")


def test_doctor_on_a_laptop_informs_and_does_not_warn(app: TikTokApp, public: Settings) -> None:
    public.BASE_URL = "http://127.0.0.1:8000"

    assert found(app) == (
        State.OK,
        "TikTok can’t reach http://127.0.0.1:8000/m/: the address works only on this machine or in its network."
        " Videos are uploaded instead; photos can’t be published.",
    )


def test_doctor_asks_the_address_only_online(app: TikTokApp, public: Settings) -> None:
    public.BASE_URL = "https://clip.invalid"
    reached(app, url_prefix="https://clip.invalid/m/")

    assert found(app)[0] == State.OK
    assert found(app, ONLINE) == (
        State.WARNING,
        f"The host name of https://clip.invalid/m/tiktok{TOKEN}.txt is unknown. Photos can’t be published.",
    )
    app.refresh_from_db()
    assert app.prefix_problem == "", "the doctor changes nothing"


def test_changed_base_url_asks_for_the_new_prefix(app: TikTokApp, public: Settings, staff: Client) -> None:
    reached(app)
    assert page_of(staff, app).count("</svg>Done</span>") == 2
    public.BASE_URL = "https://new.example.com"

    assert found(app) == (
        State.WARNING,
        "BASE_URL has changed: the URL prefix is https://new.example.com/m/ now, and TikTok knows"
        " https://clip.example.com/m/.",
    )
    page = page_of(staff, app)
    assert "TikTok knows the prefix https://clip.example.com/m/" in page
    assert "</svg>Done</span>" not in page


@pytest.mark.usefixtures("public")
def test_guide_counts_the_prefix_only_once_it_is_begun(app: TikTokApp) -> None:
    def prefix_step() -> guide.Step:
        return next(step for step in guide.steps(app, OFFLINE) if step.key == "prefix")

    assert (prefix_step().state, prefix_step().is_done) == (None, False)
    reached(app)
    assert (prefix_step().state, prefix_step().is_done) == (State.OK, True)


def test_command_prints_the_prefix_to_register(
    app: TikTokApp, public: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("url_prefix", "--client-key", CLIENT_KEY)

    assert capsys.readouterr().out.splitlines() == [
        "https://clip.example.com/m/", "Register this prefix at TikTok, then run this again with --file.",
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_command_stores_the_file_and_checks_it(
    settings: Settings, tiktok: Simulator, live_server: LiveServer, app: TikTokApp, tmp_path: Path
) -> None:
    settings.BASE_URL, settings.TIKTOK_API_BASE_URL = live_server.url, tiktok.base_url
    offered = tiktok.add_prefix(f"{live_server.url}/m/")
    file = tmp_path / offered.file_name
    file.write_text(offered.file_content)

    for _ in range(2):
        call_command("url_prefix", "--client-key", CLIENT_KEY, "--file", file)

    app.refresh_from_db()
    assert app.can_pull
    assert tiktok.verify_prefix(f"{live_server.url}/m/").is_verified


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--client-key", "other"], "There is no TikTok app with the client key other."),
        (["--client-key", CLIENT_KEY, "--file", "/nowhere/tiktok.txt"], "cannot be read"),
        (["--client-key", CLIENT_KEY, "--file", __file__], "TikTok’s file has one line"),
    ],
)
def test_command_says_what_is_wrong_with_its_input(
    app: TikTokApp, public: Settings, options: list[str], message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("url_prefix", *options)


def test_command_fails_with_the_problem_of_the_check(app: TikTokApp, public: Settings) -> None:
    public.BASE_URL = "https://clip.invalid"
    reached(app)

    with pytest.raises(CommandError, match=r"is unknown\. Add it to DNS"):
        call_command("url_prefix", "--client-key", CLIENT_KEY)
