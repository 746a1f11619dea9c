"""Email notifications: collected per instance, one email per person who can act, at most ten minutes late.

A digest is one transaction: the notifications it includes and the emails. So each notification is sent once,
however often this runs, and a process that dies in the middle has done nothing.
"""

from collections.abc import Iterable
from datetime import timedelta
from itertools import groupby
from typing import Final
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction

from accounts.languages import in_language_of
from accounts.models import User
from core.jobs.clock import db_in
from core.jobs.mail import queue_mail
from instances.access import lacks_second_factor
from instances.models import Instance, Notice, NoticeRead, NotificationPreference
from instances.notices.mail_text import compose
from instances.queries import members_of
from instances.roles import ALLOWED, Permission, Role
from instances.scoping import instance_scope, unscoped

# Since the oldest notification. The job runs once a minute, and the email leaves seconds later.
COLLECTED: Final = timedelta(minutes=8)


def mail_digests() -> None:
    """Write the digests of every instance whose oldest unsent notification has waited long enough."""
    for instance in _instances_due():
        with instance_scope(instance):
            write_digest(instance)


def _instances_due() -> list[Instance]:
    with unscoped(reason="the digest finds instances with notices to mail"):
        due = Notice.objects.filter(digest=None, resolved_at=None, at__lte=db_in(-COLLECTED))
        ids = set(due.order_by().values_list("instance_id", flat=True).distinct())
    return list(Instance.objects.filter(pk__in=ids).select_related("tenant"))


def write_digest(instance: Instance) -> None:
    """Include what was not sent yet, and queue one email for each person who wants any of it."""
    people = people_to_notify(instance) if settings.EMAIL_URL else []
    preferences = {preference.user_id: preference for preference in NotificationPreference.objects.all()}
    digest = uuid4()
    with transaction.atomic():
        if not Notice.objects.filter(digest=None).update(digest=digest):
            return
        notices = list(Notice.objects.filter(digest=digest, resolved_at=None).order_by("at", "id"))
        reads = _reads(digest)
        for person in people:
            unread = [notice for notice in notices if notice.pk not in reads.get(person.pk, ())]
            _queue(instance, person, _wanted(unread, preferences.get(person.pk)))


def people_to_notify(instance: Instance) -> list[User]:
    """Return the people who can act on a post or an account: those who may write posts."""
    return [
        member.user
        for member in members_of(instance, reader=Role.OWNER)
        if member.user.is_active
        and Permission.POST_WRITE in ALLOWED[member.role]
        and not lacks_second_factor(member.user, instance.tenant)
    ]


def _reads(digest: UUID) -> dict[UUID, set[UUID]]:
    """Return which notifications of the digest each person has read."""
    pairs = NoticeRead.objects.filter(notice__digest=digest).order_by("user_id").values_list("user_id", "notice_id")
    return {user: {notice for _user, notice in mine} for user, mine in groupby(pairs, key=lambda pair: pair[0])}


def _wanted(notices: Iterable[Notice], preference: NotificationPreference | None) -> list[Notice]:
    return [notice for notice in notices if preference is None or preference.wants(notice.kind)]


def _queue(instance: Instance, person: User, notices: list[Notice]) -> None:
    """Queue one email, the person's own posts first; none without notifications."""
    mine = [notice for notice in notices if notice.at >= person.date_joined]
    mine.sort(key=lambda notice: notice.maker_id != person.pk)
    if mine:
        with in_language_of(person):
            mail = compose(instance, mine)
        queue_mail(to=person.email, subject=mail.subject, text=mail.text, html=mail.html)
