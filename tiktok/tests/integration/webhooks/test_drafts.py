"""Drafts: delivered to the inbox, then posted by their person, once or several times."""

from typing import Any

import pytest

from core.jobs.clock import read_db_now
from tiktok.models import Post, PostState
from tiktok.tests.integration.webhooks.stage import COMPLETE, DELIVERED, FAILED, HIDDEN, PUBLIC, Stage

pytestmark = pytest.mark.django_db
S = PostState


@pytest.fixture
def publish_id(stage: Stage) -> str:
    return stage.send_to_tiktok(is_draft=True)


@pytest.fixture
def draft(stage: Stage, publish_id: str) -> Post:
    """A draft in TikTok's processing."""
    return stage.post(publish_id, mode="MEDIA_UPLOAD", privacy_level="", caption="")


def tell(stage: Stage, event: str, publish_id: str, **content: Any) -> None:
    stage.tell(event, publish_id, publish_type="INBOX_SHARE", **content)
    stage.apply()


def test_delivered_draft_waits_in_the_inbox(stage: Stage, draft: Post, publish_id: str) -> None:
    stage.worker.run_due()
    stage.tiktok.finish(publish_id)
    tell(stage, DELIVERED, publish_id)

    assert stage.reread(draft).state == S.IN_INBOX


def test_draft_that_is_posted_becomes_published(stage: Stage, draft: Post, publish_id: str) -> None:
    stage.tiktok.finish(publish_id)
    stage.worker.run_due()
    stage.tiktok.post_draft(publish_id)
    tell(stage, COMPLETE, publish_id)

    assert stage.reread(draft).state == S.PUBLISHED


def test_draft_posted_three_times_keeps_every_id_once(stage: Stage, draft: Post, publish_id: str) -> None:
    """Each time TikTok says that it is complete, and later that it is public; everything comes twice."""
    stage.tiktok.finish(publish_id)
    stage.worker.run_due()
    ids: list[str] = []
    for _ in range(3):
        ids += [seen.post_id for seen in stage.tiktok.post_draft(publish_id) if seen.post_id not in ids]
        stage.tiktok.reveal(publish_id)
        for version in ("one", "two"):
            tell(stage, COMPLETE, publish_id, version=version)
            tell(stage, PUBLIC, publish_id, post_id=ids[-1], version=version)
    stage.come_again()

    after = stage.reread(draft)
    assert (after.state, sorted(after.post_ids)) == (S.PUBLISHED, sorted(ids))
    assert len(ids) == 3
    assert stage.moves(draft) == {S.IN_INBOX: 1, S.PUBLISHED: 1}


def test_post_is_hidden_only_when_all_posts_of_its_draft_are(stage: Stage, publish_id: str) -> None:
    fields = {"mode": "MEDIA_UPLOAD", "privacy_level": "", "published_at": read_db_now()}
    draft = stage.post(publish_id, S.PUBLISHED, is_closed=True, post_ids=["7", "8"], **fields)
    tell(stage, HIDDEN, publish_id, post_id="7")
    first = stage.reread(draft).hidden_at
    tell(stage, HIDDEN, publish_id, post_id="8")
    both = stage.reread(draft).hidden_at

    assert (first, both is not None) == (None, True)
    assert stage.notices() == [("hidden", False)]


def test_draft_that_fails_after_its_delivery_is_failed(stage: Stage, draft: Post, publish_id: str) -> None:
    stage.tiktok.finish(publish_id)
    stage.worker.run_due()
    stage.tiktok.fail(publish_id, "spam_risk_text")
    tell(stage, FAILED, publish_id, reason="spam_risk_text")

    assert (stage.reread(draft).state, stage.reread(draft).fail_reason) == (S.FAILED, "spam_risk_text")
