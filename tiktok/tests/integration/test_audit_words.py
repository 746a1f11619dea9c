"""Every action that is recorded has a sentence, and lines about posts and accounts name and link them."""

import re
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from accounts.models import AuditLogEntry, User
from core.web.times import date_text
from instances.audit_log.words import actions_of, in_words, kinds
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.connect.services import LinkHow
from tiktok.models import AccountStatus, TikTokAccount
from tiktok.posts.services import note_act
from tiktok.tests.factories import make_post
from tiktok.tests.simulator_process import ROOT

RECORDED: Final = re.compile(
    r"\b(?:record|note|note_act|_record|record_about_person)\(\s*(?:request, )?\"([a-z_]+\.[a-z_]+)\""
)
#: Actions that the code puts together: noun, then what it may be.
COMPOSED: Final = {
    *(f"account.{status}" for status in AccountStatus.values),
    *(f"account.{how}" for how in LinkHow),
    *("account.withdrawal_explained", "account.scopes_changed", "invitation.revoked", "api_key.revoked"),
    *("member.role_changed", "member.added", "post.schedule", "post.publish"),
    *("tiktok_app.updated", "tiktok_app.created"),
}


def recorded() -> set[str]:
    sources = [path for app in ("accounts", "instances", "tiktok") for path in (ROOT / app).rglob("*.py")]
    code = [path.read_text() for path in sources if "tests" not in path.parts]
    return {action for text in code for action in RECORDED.findall(text)} | COMPOSED


def test_every_recorded_action_has_a_sentence() -> None:
    worded = {action for kind, _label in kinds() for action in actions_of(kind)}

    assert len(recorded()) > 60
    assert recorded() - worded == set()


@pytest.mark.usefixtures("scoped")
def test_line_about_a_post_names_links_and_dates_it(linked: TikTokAccount, editor: User) -> None:
    post = make_post(linked, caption="Six in the morning")
    at = timezone.now() + timedelta(days=3)
    note_act("post.schedule", post, editor, publish_at=at.isoformat())
    with timezone.override(ZoneInfo("Europe/Berlin")):
        (line,) = in_words(linked.instance, AuditLogEntry.objects.filter(action="post.schedule"))

        assert line.text == f"{editor} scheduled “Six in the morning” for {date_text(at)}"
    assert f'<a href="/i/aurora/posts/{post.pk}/"><bdi>“Six in the morning”</bdi></a>' in line.html


@pytest.mark.usefixtures("scoped")
def test_line_about_a_deleted_post_says_so_without_a_link(linked: TikTokAccount, editor: User) -> None:
    post = make_post(linked, caption="Six in the morning")
    note_act("post.cancel", post, editor)
    post.delete()

    (line,) = in_words(linked.instance, AuditLogEntry.objects.filter(action="post.cancel"))

    assert line.text == f"{editor} cancelled a deleted post"
    assert "<a " not in line.html


@pytest.mark.usefixtures("scoped")
def test_line_about_a_post_of_another_instance_names_nothing(
    instance: Instance, other_instance: Instance, linked: TikTokAccount, editor: User
) -> None:
    post = make_post(linked, caption="Six in the morning")
    note_act("post.cancel", post, editor)
    with instance_scope(other_instance):
        (line,) = in_words(other_instance, AuditLogEntry.objects.filter(action="post.cancel"))

    assert "Six in the morning" not in line.text
