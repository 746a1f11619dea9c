"""Photos and inbox drafts by the services: their files, their consent, and what their account must allow."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from instances.models import Instance
from tiktok.access import quota
from tiktok.models import ConsentSnapshot, Media, Submission, TikTokAccount
from tiktok.posts import queries, services
from tiktok.posts.consent import Consent
from tiktok.posts.creator import CreatorInfoUnavailable, last_offer, offer_for
from tiktok.posts.rules import PostOptions, options_of
from tiktok.tests.factories import make_photo, make_post, make_submission


def test_files_keep_their_order_and_say_what_the_post_is(
    account: TikTokAccount, media: Media, editor: User, scoped: Instance
) -> None:
    photos = [make_photo(scoped) for _ in range(3)]
    post, _ = services.create_post(account=account, files=photos, options=PostOptions(title="A"), actor=editor)
    assert (queries.files_of(post), post.media_type) == (tuple(photos), "PHOTO")
    seen = queries.version_of(post)

    reordered = services.Revision(PostOptions(title="A"), photos[::-1])
    services.edit_post(post, revise=lambda _now: reordered, actor=editor, seen=seen)
    assert queries.files_of(post) == tuple(photos[::-1])
    assert queries.version_of(post) != seen, "another order is another version"

    services.edit_post(post, revise=lambda _now: services.Revision(PostOptions(), [media]), actor=editor)
    assert (queries.files_of(post), post.media_type) == ((media,), "VIDEO")


def test_draft_is_published_by_its_person_under_a_consent_without_options(
    account: TikTokAccount, media: Media, editor: User
) -> None:
    options = PostOptions(mode="MEDIA_UPLOAD")
    consent = Consent(editor, None, "web", agreed=True)
    post, _ = services.submit_post(
        account=account, files=[media], options=options, actor=editor, consent=consent, when=None
    )
    snapshot = ConsentSnapshot.objects.get(post=post)
    assert (post.state, snapshot.creator_info, snapshot.options) == ("due", {}, options.as_columns())
    assert options_of(post) == options, "as the engine compares it"


def test_consent_to_a_draft_is_no_offer_for_the_next_post(
    account: TikTokAccount, media: Media, editor: User, consent: Consent
) -> None:
    direct = PostOptions(privacy_level="SELF_ONLY")
    of_draft = Consent(editor, None, "web", agreed=True)
    for options, given in ((direct, consent), (PostOptions(mode="MEDIA_UPLOAD"), of_draft)):
        services.submit_post(account=account, files=[media], options=options, actor=editor, consent=given, when=None)
    assert consent.creator_info is not None
    assert last_offer(account).creator_username == consent.creator_info.creator_username
    assert last_offer(account).max_video_post_duration_s == consent.creator_info.max_video_post_duration_s


@pytest.mark.parametrize(
    ("mode", "granted", "trouble"),
    [
        ("MEDIA_UPLOAD", ["video.publish"], "upload_scope_missing"),
        ("MEDIA_UPLOAD", ["video.upload"], ""),
        ("DIRECT_POST", ["video.upload"], "scope_missing"),
    ],
)
def test_offer_needs_the_permission_of_its_way(
    account: TikTokAccount, mode: str, granted: list[str], trouble: str
) -> None:
    account.credential.scopes = granted
    if not trouble:
        assert offer_for(account, mode, None) is None
        return
    with pytest.raises(CreatorInfoUnavailable) as refusal:
        offer_for(account, mode, None)
    assert (refusal.value.code, refusal.value.needs_reconnect) == (trouble, True)
    assert "Reconnect it and leave the permission to" in refusal.value.user_message


@pytest.mark.parametrize(("age_h", "state", "counted"), [(1, "in_inbox", 1), (25, "in_inbox", 0)])
def test_pending_drafts_are_those_of_a_day(
    account: TikTokAccount, media: Media, age_h: int, state: str, counted: int
) -> None:
    draft = make_post(account, media, mode="MEDIA_UPLOAD", state=state)
    make_submission(draft, init_sent_at=timezone.now() - timedelta(hours=age_h))
    make_submission(make_post(account, media, state="published"))

    assert quota.pending_drafts(account) == counted
    Submission.objects.update(closed_at=timezone.now())
    assert quota.pending_drafts(account) == 0
