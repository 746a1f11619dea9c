"""Posts that the simulator has, and webhooks about them that tests send themselves: late, often and in any order."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from core.jobs.clock import read_db_now
from instances.models import Instance, Notice
from instances.scoping import instance_scope, unscoped
from tiktok.api.secret import Secret
from tiktok.models import Media, Post, PostEvent, PostState, TikTokAccount, TikTokCredential, WebhookDelivery, WorkItem
from tiktok.posts.wording.history import timeline
from tiktok.tests.factories import make_media, make_post, make_submission
from tiktok.tests.fixtures_posts import Worker
from tiktok.tests.integration.simulator.talk import Talk
from tiktok.tests.integration.webhooks.post import Post as Knock
from tiktok.tests.integration.webhooks.post import delivery
from tiktok.tests.simulator_process import CLIENT_KEY, CLIENT_SECRET, Simulator
from tiktok.webhooks.apply import due_deliveries

S = PostState
FAILED = "post.publish.failed"
COMPLETE = "post.publish.complete"
DELIVERED = "post.publish.inbox_delivered"
PUBLIC = "post.publish.publicly_available"
HIDDEN = "post.publish.no_longer_publicaly_available"
CAPTION = "Bread at five in the morning"
SIZE = 1000


@dataclass
class Stage:
    """An account of the simulator, a worker, and a sender of webhooks."""

    tiktok: Simulator
    account: TikTokAccount
    worker: Worker
    knock: Knock

    @property
    def talk(self) -> Talk:
        return Talk(self.tiktok)

    @property
    def instance(self) -> Instance:
        return self.account.instance

    @property
    def token(self) -> str:
        token = TikTokCredential.objects.get(pk=self.account.credential_id).access_token
        assert isinstance(token, Secret)
        return token.reveal()

    def send_to_tiktok(self, video: bytes = b"", *, is_draft: bool = False, caption: str = CAPTION) -> str:
        """Upload a public video, or a draft, as any client would; TikTok keeps it in processing. Its publish_id."""
        video = video or hashlib.shake_128(b"video").digest(SIZE)
        if is_draft:
            source = {
                "source": "FILE_UPLOAD",
                "video_size": len(video),
                "chunk_size": len(video),
                "total_chunk_count": 1,
            }
            answer = self.talk.inbox(self.token, source)
        else:
            answer = self.talk.init(self.token, size=len(video), title=caption, privacy_level="PUBLIC_TO_EVERYONE")
        publish_id = answer.publish_id
        self.tiktok.hold(publish_id)
        self.talk.put(answer.json()["data"]["upload_url"], video, 0, len(video))
        return publish_id

    def post(self, publish_id: str, state: str = S.PROCESSING, *, is_closed: bool = False, **fields: Any) -> Post:
        """A post whose only attempt has this publish_id ("": TikTok's answer is unknown)."""
        attempt = fields.pop("attempt", {})
        media: Media | None = fields.pop("media", None)
        reason = {"attention_reason": "outcome_unknown"} if state == S.NEEDS_ATTENTION else {}
        defaults = {"caption": CAPTION, "privacy_level": "PUBLIC_TO_EVERYONE", "creator_username": "maren"} | reason
        now = read_db_now()
        closed = {"closed_at": now, "closed_because": state} if is_closed else {}
        with instance_scope(self.instance):
            post = make_post(self.account, media or make_media(self.instance), state=state, **(defaults | fields))
            known = {"publish_id": publish_id, "init_sent_at": now, "commit_point_at": now} | closed | attempt
            make_submission(post, **known)
        WorkItem.objects.filter(post=post).update(next_action_at=None if is_closed else now)
        return post

    def tell(self, event: str, publish_id: str, *, at: datetime | None = None, **changes: Any) -> None:
        """Send a webhook; it has to be answered with 200."""
        content = {"publish_id": publish_id, "publish_type": changes.pop("publish_type", "DIRECT_POST")}
        content |= {name: changes.pop(name) for name in ("post_id", "reason") if name in changes}
        key, secret = changes.pop("client_key", CLIENT_KEY), changes.pop("secret", CLIENT_SECRET)
        fields = {
            "create_time": int((at or read_db_now()).timestamp()),
            "user_openid": self.account.credential.open_id,
            "content": content,
        }
        body = delivery(key, event, **(fields | changes))
        assert self.knock(body, secret=secret, at=read_db_now().timestamp()).status_code == 200

    def apply(self) -> None:
        """Apply what came, and do the work that follows from it."""
        while jobs := due_deliveries(100):
            for run in jobs:
                run()
        self.worker.run_due()

    def come_again(self) -> None:
        """Apply what could not be applied yet, once more."""
        self.worker.run_for(61)
        self.apply()

    def outcomes(self) -> list[str]:
        return [row.outcome for row in WebhookDelivery.objects.order_by("received_at", "pk")]

    def reread(self, post: Post) -> Post:
        with unscoped(reason="test"):
            return Post.objects.get(pk=post.pk)

    def moves(self, post: Post) -> Counter[str]:
        """How often the post came into each state."""
        with instance_scope(self.instance):
            events = PostEvent.objects.filter(post=post)
            return Counter(event.to_state for event in events if event.from_state != event.to_state)

    def titles(self, post: Post) -> list[str]:
        """The titles of the timeline, oldest first."""
        with instance_scope(self.instance):
            return [str(entry.title) for entry in timeline(list(PostEvent.objects.filter(post=post)))][::-1]

    def notices(self) -> list[tuple[str, bool]]:
        """Kind, and whether it is resolved, oldest first."""
        with instance_scope(self.instance):
            return [(notice.kind, notice.resolved_at is not None) for notice in Notice.objects.order_by("at", "pk")]

    def hold_back(self, post: Post) -> None:
        """No worker takes the post."""
        WorkItem.objects.filter(post=post).update(next_action_at=None)

    def withdraw(self) -> None:
        """The authorization has ended: TikTok can no longer be asked."""
        TikTokCredential.objects.filter(pk=self.account.credential_id).update(withdrawn_at=read_db_now())


def second(moment: datetime) -> datetime:
    """The moment as webhooks say it."""
    return datetime.fromtimestamp(int(moment.timestamp()), UTC)


@pytest.fixture
def stage(tiktok: Simulator, linked: TikTokAccount, worker: Worker) -> Stage:
    return Stage(tiktok, linked, worker, Knock(Client(enforce_csrf_checks=True, raise_request_exception=False)))
