"""A notice is written with the move that it tells, and settled with the move that ends it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from core.jobs.clock import pinned_clock
from instances.models import Instance, Notice, NoticeRead
from instances.notices.housekeeping import KEPT, forget_old_notices
from instances.notices.reading import mark_read
from instances.notices.words import words_of
from instances.scoping import instance_scope
from tiktok.models import AttentionReason, EventCause, Held, Person, Post, PostState, StaleState, TikTokAccount
from tiktok.posts import services
from tiktok.posts.wording.codes import explain_post
from tiktok.tests.factories import make_post
from tiktok.tests.integration.notices.conftest import Troubled, notices

pytestmark = pytest.mark.django_db
S = PostState


@pytest.mark.parametrize(
    ("to", "kind", "changes"),
    [
        (S.FAILED, "failed", {"error_code": "file_format_check_failed"}),
        (S.FAILED, "failed", {"fail_reason": "frame_rate_check_failed"}),
        (S.FAILED, "failed", {"tiktok_code": "spam_risk"}),
        (S.NEEDS_ATTENTION, "attention", {"error_code": "rate"}),
        (S.WAITING_ACCOUNT, "reconnect", {"error_code": "reconnect_needed"}),
    ],
)
def test_a_notice_says_what_the_post_page_says(
    instance: Instance, troubled: Troubled, editor: User, to: PostState, kind: str, changes: dict[str, str]
) -> None:
    post = troubled(to, maker=editor, **changes)

    (notice,) = notices(instance)
    words, said = words_of(notice), explain_post(post)
    assert said
    assert (notice.kind, notice.subject_id, notice.maker_id) == (kind, post.pk, editor.pk)
    assert (words.what, words.does, words.can) == (said.what, said.does, said.can)


@pytest.mark.parametrize(
    ("to", "cause"),
    [
        (S.INITING, EventCause.WORKER),
        (S.CANCELLED, EventCause.PERSON),
        (S.DRAFT, EventCause.PERSON),
        (S.FAILED, EventCause.PERSON),
    ],
)
def test_what_goes_well_and_what_people_do_themselves_is_no_news(
    instance: Instance, account: TikTokAccount, to: PostState, cause: EventCause
) -> None:
    with instance_scope(instance):
        make_post(account, state=S.DUE).transition(to, cause=cause, by=Person())

    assert notices(instance) == []


def test_a_move_that_is_refused_writes_no_notice(instance: Instance, account: TikTokAccount) -> None:
    with instance_scope(instance):
        post = make_post(account, state=S.DUE)
        with pytest.raises(StaleState):
            post.transition(S.FAILED, cause=EventCause.WORKER, by=Held(post.pk, fence=7))

    assert notices(instance) == []


@pytest.mark.parametrize("way_out", [S.DUE, S.SCHEDULED, S.DRAFT, S.CANCELLED])
def test_a_decision_settles_the_notice(
    instance: Instance, troubled: Troubled, editor: User, way_out: PostState
) -> None:
    post = troubled(S.NEEDS_ATTENTION)
    with instance_scope(instance):
        post.transition(way_out, cause=EventCause.PERSON, by=Person(editor))

    (notice,) = notices(instance)
    assert notice.resolved_at


def test_a_reconnected_account_settles_and_coming_too_late_is_a_new_notice(
    instance: Instance, troubled: Troubled
) -> None:
    back, late = troubled(S.WAITING_ACCOUNT), troubled(S.WAITING_ACCOUNT)
    with instance_scope(instance):
        back.transition(S.DUE, cause=EventCause.WORKER, by=Person())
        late.transition(S.NEEDS_ATTENTION, cause=EventCause.CLOCK, by=Person(), reason=AttentionReason.MISSED)

    told = {(notice.subject_id, notice.kind): bool(notice.resolved_at) for notice in notices(instance)}
    assert told == {
        (back.pk, "reconnect"): True,
        (late.pk, "reconnect"): True,
        (late.pk, "attention"): False,
    }


def test_a_deleted_post_takes_its_notices_along(instance: Instance, troubled: Troubled, editor: User) -> None:
    gone, stays = troubled(), troubled()
    with instance_scope(instance):
        services.delete_post(Post.objects.get(pk=gone.pk), actor=editor)

    assert [notice.subject_id for notice in notices(instance)] == [stays.pk]


def statements(post: Post, to: PostState, **more: Any) -> list[str]:
    with CaptureQueriesContext(connection) as asked:
        post.transition(to, cause=EventCause.WORKER, by=Person(), **more)
    return [query["sql"] for query in asked if "instances_notice" in query["sql"]]


def test_a_notice_costs_a_move_one_insert_and_other_moves_nothing(instance: Instance, account: TikTokAccount) -> None:
    with instance_scope(instance):
        started = statements(make_post(account, state=S.DUE), S.INITING)
        failed = statements(make_post(account, state=S.DUE), S.FAILED)

    assert started == []
    assert [sql.split(" ")[0] for sql in failed] == ["INSERT"]


def test_notices_are_kept_for_ninety_days(instance: Instance, troubled: Troubled, editor: User) -> None:
    now = timezone.now()
    for age in (KEPT - timedelta(minutes=1), KEPT + timedelta(minutes=1)):
        with pinned_clock(now - age):
            troubled()
    with instance_scope(instance):
        mark_read(editor, list(Notice.objects.all()))
    with pinned_clock(now):
        forget_old_notices()

    (kept,) = notices(instance)
    with instance_scope(instance):
        assert [read.notice_id for read in NoticeRead.objects.all()] == [kept.pk]
