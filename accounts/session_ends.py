"""Ending a person's sessions: their own from the list of sessions, all of them by staff."""

from collections.abc import Iterable

from allauth.core import context
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.http import HttpRequest

from accounts.models import User
from accounts.security_events import note


class SessionsAdapter(DefaultUserSessionsAdapter):
    """Notes each session that a person ends from the list."""

    def end_sessions(self, sessions: Iterable[UserSession]) -> None:
        """End these sessions of one person."""
        ended = list(sessions)
        super().end_sessions(ended)
        for session in ended:
            note("session.ended", request=context.request, person=session.user, ended_address=session.ip)


def end_sessions_of(person: User, *, request: HttpRequest, actor: User) -> int:
    """End all sessions of a person, on behalf of staff; return how many there were."""
    with transaction.atomic():
        sessions = list(UserSession.objects.filter(user=person))
        for session in sessions:
            session.end()
        note("session.ended_by_staff", request=request, person=person, actor=actor, sessions=str(len(sessions)))
    return len(sessions)
