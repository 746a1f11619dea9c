"""From a person's click to TikTok's final status, over real HTTP."""

import hashlib

from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.models import Media, PostState, Submission, TikTokAccount, WorkItem
from tiktok.tests.fixtures_posts import CHUNK, Submit, Worker, history, reread
from tiktok.tests.simulator_process import Simulator


def test_video_in_several_chunks_is_published_and_linked(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, video: Media, linked: TikTokAccount
) -> None:
    post = submit(allow_comment=True)
    worker.run_for(600)

    post = reread(post, instance)
    assert post.state == PostState.PUBLISHED
    (seen,) = tiktok.posts()
    assert (seen.status, seen.sha256) == ("PUBLISH_COMPLETE", hashlib.sha256(video.file.read_bytes()).hexdigest())
    assert seen.post_info["disable_comment"] is False
    assert seen.post_info["disable_duet"] is True
    assert [(put.first, put.status) for put in tiktok.puts(seen.publish_id)] == [
        (0, 206), (CHUNK, 206), (2 * CHUNK, 201),
    ]  # fmt: skip
    assert post.post_ids == [str(seen.public_ids[0])]
    assert post.share_urls == [f"https://www.tiktok.com/@maren/video/{seen.public_ids[0]}"]
    assert history(post, instance) == ["draft", "due", "initing", "uploading", "processing", "published"]
    with instance_scope(instance):
        submission = Submission.objects.get(post=post)
        assert (submission.sent_bytes, submission.is_uploading) == (video.size_bytes, False)
        assert submission.commit_point_at is not None
    assert WorkItem.objects.get(post_id=post.pk).next_action_at is None


def test_private_post_is_not_asked_for_a_public_id(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    worker.run_for(600)
    assert reread(post, instance).state == PostState.PUBLISHED
    assert WorkItem.objects.get(post_id=post.pk).next_action_at is None
    polls = len(tiktok.requests("status"))
    worker.run_for(3600)
    assert len(tiktok.requests("status")) == polls
