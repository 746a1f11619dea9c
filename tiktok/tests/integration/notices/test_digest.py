"""Email notifications: collected, sent once to people who can act, without the kinds that a person switched off."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from core.jobs.clock import pinned_clock
from core.models import OutgoingMail
from instances.models import Instance, Membership, Notice, NotificationPreference
from instances.notices.digest import COLLECTED, mail_digests, write_digest
from instances.notices.reading import mark_read
from instances.scoping import instance_scope
from instances.tests.factories import person_of
from tiktok.models import EventCause, Person, PostState
from tiktok.posts.wording.codes import explain
from tiktok.tests.integration.notices.conftest import Troubled

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("with_mail")]
S = PostState
SETTINGS = "https://clipdesk.example/i/aurora/settings/notifications/"


def mails_after(delta: timedelta = COLLECTED + timedelta(seconds=1)) -> list[OutgoingMail]:
    with pinned_clock(timezone.now() + delta):
        mail_digests()
    return list(OutgoingMail.objects.order_by("to"))


def test_many_failures_make_one_mail_with_ten_of_them_by_reason(
    troubled: Troubled, editor: User, instance: Instance
) -> None:
    for number in range(14):
        troubled(caption=f"Loaf {number:02}", error_code="file_format_check_failed")
    for number in range(2):
        troubled(caption=f"Bun {number}", error_code="spam_risk")
    late = troubled(S.NEEDS_ATTENTION, caption="Cake")

    (mail,) = mails_after()
    assert mail.to == editor.email
    assert mail.subject == "Aurora: 16 posts failed · 1 post needs attention"
    lines = mail.text.splitlines()
    assert sum(line.startswith("- Loaf") for line in lines) == 8, "every reason names one, and ten are named"
    assert [line for line in lines if line.startswith("- and")] == ["- and 6 more", "- and 1 more"]
    risky, missed = explain("spam_risk"), explain("missed")
    said = {"14 posts failed", "2 posts failed", "1 post needs attention", "- Bun 0 (Bakery)", "- Cake (Bakery)"}
    assert said | {risky.what, risky.does, risky.can, missed.what, missed.does, missed.can} <= set(lines)
    post = f"https://clipdesk.example/i/aurora/posts/{late.pk}/"
    assert {"https://clipdesk.example/i/aurora/notifications/", SETTINGS, f"  {post}"} <= set(lines)
    assert f'href="{post}"' in mail.html
    assert f'href="{SETTINGS}"' in mail.html


def test_it_says_when_in_the_zone_of_the_instance(troubled: Troubled, editor: User, instance: Instance) -> None:
    Instance.objects.update(time_zone="Asia/Kathmandu")
    User.objects.update(date_joined=datetime(2025, 1, 1, tzinfo=UTC))
    troubled()
    with instance_scope(instance):
        Notice.objects.update(at=datetime(2026, 1, 5, 9, tzinfo=UTC))
    (mail,) = mails_after()
    assert "  5 January 2026, 14:45 (Asia/Kathmandu)" in mail.text.splitlines()
    assert "5 January 2026, 14:45 (Asia/Kathmandu)" in mail.html


def test_digest_comes_in_its_readers_language(troubled: Troubled, editor: User, instance: Instance) -> None:
    other = person_of(instance, "editor")
    User.objects.filter(pk=editor.pk).update(language="de")
    User.objects.update(date_joined=datetime(2025, 1, 1, tzinfo=UTC))
    troubled(caption="Loaf")

    mails = {mail.to: mail for mail in mails_after()}

    assert mails[editor.email].subject == "Aurora: 1 Beitrag ist fehlgeschlagen"
    assert mails[other.email].subject == "Aurora: 1 post failed"


def test_digest_collects_for_eight_minutes_and_then_starts_again(troubled: Troubled, editor: User) -> None:
    troubled()
    assert mails_after(COLLECTED - timedelta(seconds=5)) == []
    troubled()
    assert [mail.subject for mail in mails_after()] == ["Aurora: 2 posts failed"]
    assert len(mails_after()) == 1
    troubled()
    assert sorted(mail.subject for mail in mails_after()) == ["Aurora: 1 post failed", "Aurora: 2 posts failed"]


def test_it_goes_to_those_who_can_do_something(
    troubled: Troubled, instance: Instance,
    owner: User, tenant_admin: User, admin: User, editor: User,
    viewer: User, tenant_member: User, outsider: User, ex_member: User,
) -> None:  # fmt: skip
    left = Membership.objects.create(user=ex_member, instance=instance, role="editor")
    left.delete()
    User.objects.filter(pk=admin.pk).update(is_active=False)
    troubled()

    told = {mail.to for mail in mails_after()}
    assert told == {owner.email, tenant_admin.email, editor.email}


def test_ones_own_posts_come_first(troubled: Troubled, editor: User, admin: User) -> None:
    for number in range(10):
        troubled(caption=f"Loaf {number}", error_code="spam_risk")
    troubled(caption="The editor's own", error_code="spam_risk", maker=editor)

    by_person = {mail.to: mail.text for mail in mails_after()}
    assert "The editor's own" in by_person[editor.email]
    assert "The editor's own" not in by_person[admin.email]


@pytest.mark.parametrize(
    ("off", "subject"),
    [
        ("mail_failed", "Aurora: 1 post needs attention · 1 post is waiting for its account"),
        ("mail_attention", "Aurora: 1 post failed · 1 post is waiting for its account"),
        ("mail_reconnect", "Aurora: 1 post failed · 1 post needs attention"),
    ],
)
def test_each_kind_can_be_switched_off_by_each_person(
    troubled: Troubled, instance: Instance, editor: User, admin: User, off: str, subject: str
) -> None:
    with instance_scope(instance):
        NotificationPreference.objects.create(instance=instance, user=editor, **{off: False})
    for state in (S.FAILED, S.NEEDS_ATTENTION, S.WAITING_ACCOUNT):
        troubled(state)

    by_person = {mail.to: mail.subject for mail in mails_after()}
    everything = "Aurora: 1 post failed · 1 post needs attention · 1 post is waiting for its account"
    assert by_person == {editor.email: subject, admin.email: everything}


def test_with_everything_off_there_is_no_mail(troubled: Troubled, instance: Instance, editor: User) -> None:
    with instance_scope(instance):
        NotificationPreference.objects.create(
            instance=instance,
            user=editor,
            mail_failed=False,
            mail_attention=False,
            mail_reconnect=False,
            mail_linked=False,
        )
    troubled()

    assert mails_after() == []


def test_resolved_or_read_notification_is_left_out_of_the_digest(
    troubled: Troubled, instance: Instance, editor: User, admin: User
) -> None:
    settled, read = troubled(S.NEEDS_ATTENTION), troubled()
    with instance_scope(instance):
        settled.transition(S.CANCELLED, cause=EventCause.PERSON, by=Person(editor))
        mark_read(editor, Notice.objects.filter(subject_id=read.pk))

    assert {mail.to: mail.subject for mail in mails_after()} == {admin.email: "Aurora: 1 post failed"}


def test_without_a_mail_server_nothing_piles_up(
    troubled: Troubled, editor: User, instance: Instance, settings: LazySettings
) -> None:
    settings.EMAIL_URL = ""
    troubled()
    assert mails_after() == []

    settings.EMAIL_URL = "smtp://localhost"
    assert mails_after() == [], "old news is not mailed once mail is set up"


def test_each_instance_gets_a_digest_of_its_own(
    troubled: Troubled, editor: User, instance: Instance, other_instance: Instance, outsider: User
) -> None:
    troubled()

    assert [mail.to for mail in mails_after()] == [editor.email]


def test_digest_of_a_thousand_posts_takes_as_many_queries_as_of_three(
    troubled: Troubled, instance: Instance, editor: User
) -> None:
    counts = []
    for posts in (3, 1000):
        first = troubled(error_code="spam_risk")
        with instance_scope(instance):
            pattern = Notice.objects.get(subject_id=first.pk)
            Notice.objects.bulk_create(
                Notice(instance=instance, kind="failed", subject_id=first.pk, parts=pattern.parts, at=pattern.at)
                for _ in range(posts - 1)
            )
            with CaptureQueriesContext(connection) as asked:
                write_digest(instance)
        counts.append(len(asked))

    assert [mail.subject for mail in OutgoingMail.objects.order_by("created_at")] == [
        "Aurora: 3 posts failed",
        "Aurora: 1000 posts failed",
    ]
    assert counts[0] == counts[1]
