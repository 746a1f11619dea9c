"""Emails as rows: claimed once, tried again with longer waits, given up, erased once sent."""

import smtplib
from collections.abc import Sequence
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from django.conf import LazySettings
from django.core import mail as outbox
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage
from django.utils import timezone

from core.jobs.backoff import wait_after
from core.jobs.clock import pinned_clock
from core.jobs.mail import FIRST_WAIT, LONGEST_WAIT, MOST_ATTEMPTS, claim_mail, queue_mail
from core.models import OutgoingMail


class RefusingBackend(BaseEmailBackend):
    """An email server that is full."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        raise smtplib.SMTPServerDisconnected("try later")


@pytest.fixture(autouse=True)
def with_mail(settings: LazySettings, db: None) -> None:
    settings.EMAIL_URL = "smtp://localhost"


def test_mail_is_sent_and_its_text_forgotten() -> None:
    queue_mail(to="a@example.com", subject="Hello\nBcc: x@example.com", text="the link", html="<p>the link</p>")
    run = claim_mail()
    assert run
    run()

    sent = outbox.outbox[0]
    assert (sent.to, sent.subject, sent.body) == (["a@example.com"], "Hello Bcc: x@example.com", "the link")
    row = OutgoingMail.objects.get()
    assert row.sent_at
    assert (row.text, row.html, row.next_attempt_at) == ("", "", None)
    assert claim_mail() is None


def test_long_subject_arrives_as_it_was_written() -> None:
    subject = "“Maren Ostermann-Vale” invited you to “Harbour Yoga Studio Nord”"
    queue_mail(to="a@example.com", subject=subject, text="x")
    run = claim_mail()
    assert run
    run()

    sent = outbox.outbox[0].message().as_bytes()
    assert message_from_bytes(sent, policy=policy.SMTP)["Subject"] == subject
    assert b"Subject: =?utf-8?" in sent
    assert all(len(line) <= 78 for line in sent.splitlines())


def test_claimed_mail_is_not_claimed_again() -> None:
    queue_mail(to="a@example.com", subject="x", text="x")

    assert claim_mail() is not None
    assert claim_mail() is None


def test_refused_mail_waits_and_is_given_up_in_the_end(settings: LazySettings) -> None:
    settings.EMAIL_BACKEND = "core.tests.integration.jobs.test_mail.RefusingBackend"
    queue_mail(to="a@example.com", subject="x", text="the link")
    moment = timezone.now() + timedelta(seconds=1)
    tries = 0
    while tries < 50:
        with pinned_clock(moment):
            if run := claim_mail():
                run()
                tries += 1
        moment += timedelta(hours=5)
        if OutgoingMail.objects.filter(next_attempt_at=None).exists():
            break

    row = OutgoingMail.objects.get()
    assert tries == row.attempts == MOST_ATTEMPTS
    assert row.sent_at is None
    assert row.text == ""
    assert row.last_error == "SMTPServerDisconnected: try later"


def test_waits_grow_to_four_hours() -> None:
    waits = [wait_after(n, first=FIRST_WAIT, longest=LONGEST_WAIT) for n in (1, 2, 3, 4, 20)]
    assert [wait.total_seconds() / 60 for wait in waits] == [1, 2, 4, 8, 240]


def test_without_mail_nothing_is_claimed(settings: LazySettings) -> None:
    settings.EMAIL_URL = ""
    queue_mail(to="a@example.com", subject="x", text="x")

    assert claim_mail() is None
