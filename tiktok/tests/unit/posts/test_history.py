"""A post's history tells people's edits as edits and keeps steps that they did not see to itself."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from tiktok.models import EventCause, Media, Post, PostEvent, PostState, TikTokAccount
from tiktok.posts import queries, services
from tiktok.posts.consent import Consent
from tiktok.posts.rules import PostOptions
from tiktok.posts.schedule import When, from_instant, from_local
from tiktok.posts.wording.history import timeline

OPTIONS = PostOptions(caption="Hello", privacy_level="SELF_ONLY")


def in_days(days: int) -> When:
    noon = (timezone.now() + timedelta(days=days)).replace(hour=12, minute=0, second=0, microsecond=0, tzinfo=None)
    return from_local(noon, "Europe/Berlin")


@pytest.fixture
def post(account: TikTokAccount, media: Media, editor: User, consent: Consent) -> Post:
    when = in_days(2)
    return services.submit_post(
        account=account, files=[media], options=OPTIONS, actor=editor, consent=consent, when=when
    )[0]


def titles(post: Post) -> list[str]:
    return [str(entry.title) for entry in timeline(list(queries.events_of(post)))][::-1]


def edit(post: Post, editor: User, consent: Consent, when: When, **changes: Any) -> None:
    revision = services.Revision(replace(OPTIONS, **changes), queries.files_of(post))
    sending = services.Sending(consent, when)
    services.edit_post(post, revise=lambda _now: revision, actor=editor, sending=sending)


def test_first_entries_say_who_created_and_scheduled_the_post(post: Post, editor: User) -> None:
    created, scheduled = titles(post)
    assert created == f"{editor} created the post"
    assert scheduled.startswith(f"{editor} scheduled the post for ")


def test_edit_of_a_scheduled_post_appears_as_an_edit(post: Post, editor: User, consent: Consent) -> None:
    edit(post, editor, consent, in_days(2), caption="Better")
    assert titles(post)[2:] == [f"{editor} edited the caption"]


def test_new_time_appears_as_a_move(post: Post, editor: User, consent: Consent) -> None:
    when = in_days(3)
    services.publish_post(post, when=when, consent=consent, actor=editor)
    (title,) = titles(post)[2:]
    assert title.startswith(f"{editor} moved the post to {when.local:%a} {when.local.day} ")
    assert title.endswith(", 12:00 (Berlin)")


def test_several_changes_are_listed_in_one_entry(post: Post, editor: User, consent: Consent) -> None:
    edit(post, editor, consent, in_days(2), caption="Better", allow_comment=True, allow_duet=True)
    entry = timeline(list(queries.events_of(post)))[0]
    assert (entry.title, entry.text) == (f"{editor} edited the post", "Caption · Interactions")


def test_unscheduling_and_scheduling_again_is_not_a_move(post: Post, editor: User, consent: Consent) -> None:
    revision = services.Revision(OPTIONS, queries.files_of(post))
    services.edit_post(post, revise=lambda _now: revision, actor=editor)
    services.publish_post(post, when=in_days(2), consent=consent, actor=editor)
    assert titles(post)[2] == f"{editor} took the post off the schedule"
    assert titles(post)[3].startswith(f"{editor} scheduled the post for ")


def test_saving_without_changes_leaves_no_entry(post: Post, editor: User, consent: Consent) -> None:
    edit(post, editor, consent, in_days(2))
    assert len(titles(post)) == 2


@pytest.mark.parametrize(
    ("before", "to", "title"),
    [
        (PostState.INITING, PostState.PROCESSING, "TikTok accepted the post and downloads its files"),
        (PostState.UPLOADING, PostState.PROCESSING, "TikTok received the whole video"),
        (PostState.IN_INBOX, PostState.PUBLISHED, "The draft was published in the TikTok app"),
        (PostState.PROCESSING, PostState.PUBLISHED, "TikTok published the post"),
    ],
)
def test_step_is_named_by_what_came_before(before: PostState, to: PostState, title: str) -> None:
    (entry,) = timeline([PostEvent(from_state=before, to_state=to, cause=EventCause.TIKTOK)])
    assert entry.title == title


@pytest.mark.parametrize(
    ("detail", "title", "text"),
    [
        ({"cancel_download": True}, "A former member asked TikTok to stop downloading", ""),
        ({"cancel_answer": "ok"}, "TikTok agreed to stop downloading", ""),
        ({"cancel_answer": "publish_not_cancellable"}, "TikTok did not stop downloading",
         "TikTok can no longer cancel this post."),
    ],
)  # fmt: skip
def test_cancel_of_a_download_and_its_answer_are_entries(detail: dict[str, Any], title: str, text: str) -> None:
    event = PostEvent(from_state="processing", to_state="processing", cause=EventCause.PERSON, detail=detail)
    (entry,) = timeline([event])
    assert (entry.title, entry.text) == (title, text)


@pytest.mark.parametrize(
    ("field", "title"),
    [("title", "edited the title"), ("mode", "changed where the post goes"), ("media", "changed the media"),
     ("photo_cover_index", "changed the cover"), ("auto_add_music", "changed the music")],
)  # fmt: skip
def test_edits_of_photos_and_drafts_are_named(field: str, title: str) -> None:
    (entry,) = timeline([PostEvent(to_state="draft", cause=EventCause.PERSON, detail={"edited": [field]})])
    assert entry.title == f"A former member {title}"


@pytest.mark.parametrize("state", PostState)
def test_every_move_of_a_machine_has_words_and_an_icon_of_its_own(state: PostState) -> None:
    event = PostEvent(from_state="", to_state=state, cause=EventCause.WORKER, at=timezone.now())
    (entry,) = timeline([event])
    assert entry.title
    others = [timeline([PostEvent(to_state=other, cause=EventCause.WORKER)])[0].icon for other in PostState]
    assert others.count(entry.icon) == 1


def test_instant_is_shown_in_the_zone_that_was_typed(post: Post) -> None:
    when = from_instant(timezone.now() + timedelta(days=1), "Asia/Tokyo")
    event = PostEvent(
        to_state=PostState.SCHEDULED, cause=EventCause.PERSON,
        detail={"plan": {"local": when.local.isoformat(timespec="seconds"), "zone": when.zone}},
    )  # fmt: skip
    assert str(timeline([event])[0].title).endswith(f"{when.local:%H:%M} (Tokyo)")
