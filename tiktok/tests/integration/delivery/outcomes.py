"""The outcome of a post, here and at TikTok."""

from core.jobs.clock import read_db_now
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.access.status import revive_accounts
from tiktok.access.tokens import token_columns
from tiktok.api.secret import Secret
from tiktok.api.types import TokenSet
from tiktok.models import Post, Submission, TikTokAccount, TikTokCredential
from tiktok.tests.fixtures_posts import reread
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


def reconnect(tiktok: Simulator, account: TikTokAccount) -> None:
    """New tokens for the same TikTok user, as the callback stores them."""
    new = tiktok.grant("maren")
    tokens = TokenSet(
        new.open_id, tuple(new.scope.split(",")), Secret(new.access_token), Secret(new.refresh_token),
        new.expires_in, new.refresh_expires_in, new.token_type,
    )  # fmt: skip
    row = TikTokCredential.objects.filter(pk=account.credential_id)
    row.update(**token_columns(account.credential_id, tokens, read_db_now()), version=9)
    revive_accounts(account.credential_id)
