"""What became of a post, here and at TikTok."""

from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.models import Post, Submission
from tiktok.tests.fixtures_publishing import reread
from tiktok.tests.simulator_process import SimulatedPost, Simulator

HOUR = 3600
STRAIGHT = ["draft", "due", "initing", "uploading", "processing", "published"]
AGAIN = ["draft", "due", "initing", "uploading", "due", "initing", "uploading", "processing", "published"]


def published(tiktok: Simulator) -> list[SimulatedPost]:
    return [post for post in tiktok.posts() if post.status == "PUBLISH_COMPLETE"]


def sent(tiktok: Simulator) -> list[tuple[int | None, bool]]:
    """Every PUT of every post: where it began, and whether TikTok stored it."""
    return [(put.first, put.stored) for post in tiktok.posts() for put in tiktok.puts(post.publish_id)]


def attention(post: Post, instance: Instance) -> tuple[str, str]:
    post = reread(post, instance)
    return post.state, post.attention_reason


def submission_of(post: Post, instance: Instance) -> Submission:
    """The newest one."""
    with instance_scope(instance):
        found = Submission.objects.filter(post=post).order_by("-number").first()
    assert found is not None
    return found
