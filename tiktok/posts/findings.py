"""Findings of the doctor about posts that are due."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from django.db.models import Max, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.doctor.finding import Finding, fault, good, warning
from core.doctor.run import CheckContext, needs_database
from core.jobs.clock import db_in, db_now, read_db_now
from instances.models import InstanceTurn
from tiktok.models import WorkItem
from tiktok.posts import quarantine

IDLE: Final = timedelta(minutes=10)


@needs_database("posts")
def waiting_posts(_context: CheckContext) -> Iterable[Finding]:
    """Find posts that are due while no worker takes any; and the quarantine, in which none may."""
    if start := quarantine.since():
        since = {"when": f"{start:%Y-%m-%d %H:%M}"}
        text = _("Publishing has been paused after a restore since %(when)s UTC: nothing is sent.") % since
        return [warning("posts", text, _("Check the posts on hold, then run manage.py quarantine off."))]
    free = Q(lease_until=None) | Q(lease_until__lte=db_now())
    waiting = WorkItem.objects.filter(free, next_action_at__lte=db_in(-IDLE)).count()
    served = InstanceTurn.objects.aggregate(at=Max("served_at"))["at"]
    if not waiting or (served and served > read_db_now() - IDLE):
        return [good("posts", _("No due post is waiting for a worker."))]
    text = ngettext(
        "%(n)d post is due, but no worker picks it up.", "%(n)d posts are due, but no worker picks them up.", waiting
    )
    step = _("Start a worker (embedded: jobs), or check its log.")
    return [fault("posts", text % {"n": waiting}, step)]
