"""Nothing fails because of our own speed: a long queue of one creator goes out in order, within TikTok's rates."""

from datetime import timedelta

from accounts.models import User
from core.jobs.clock import read_db_now
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.models import Post, PostState, TikTokAccount
from tiktok.posts import services
from tiktok.posts.consent import Consent
from tiktok.posts.creator import fetch_creator_info
from tiktok.posts.rules import PostOptions
from tiktok.posts.schedule import from_instant
from tiktok.tests.factories import make_media
from tiktok.tests.fixtures_posts import Worker
from tiktok.tests.simulator_process import Simulator

POSTS = 50


def test_fifty_posts_of_one_account_go_out_in_the_order_of_their_times(
    linked: TikTokAccount, editor: User, instance: Instance, worker: Worker, tiktok: Simulator
) -> None:
    tiktok.create_app(post_cap=1000)
    with instance_scope(instance):
        media = make_media(instance)
        consent = Consent(editor, fetch_creator_info(linked), "web", agreed=True)
        for number in reversed(range(POSTS)):
            services.submit_post(
                account=linked, files=[media], actor=editor, consent=consent,
                options=PostOptions(caption=str(number), privacy_level="SELF_ONLY"),
                when=from_instant(read_db_now() + timedelta(seconds=60 + number / 100), "UTC"),
            )  # fmt: skip
    worker.clock.advance(61)
    worker.run_for(15 * 60)
    with instance_scope(instance):
        assert set(Post.objects.values_list("state", flat=True)) == {PostState.PUBLISHED}
    in_order = sorted(tiktok.posts(), key=lambda seen: seen.created_at)
    assert [seen.post_info["title"] for seen in in_order] == [str(number) for number in range(POSTS)]
    assert [call for call in tiktok.requests() if call.status == 429] == []
    claims_each = worker.steps / POSTS
    assert claims_each <= 6, "one to become due and wait, one to go, and its polls"
    assert len(tiktok.requests("creator_info")) <= POSTS + 5
