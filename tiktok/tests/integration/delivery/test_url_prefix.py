"""Posts when TikTok refuses the URL prefix, or when the transfer of videos changes."""

import logging

import pytest
from pytest_django import Settings

from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.developer_apps.prefix import services
from tiktok.developer_apps.prefix.rules import VerificationFile
from tiktok.models import MediaSource, PostState, Submission, TikTokApp
from tiktok.tests.fixtures_posts import Submit, Worker, reread
from tiktok.tests.simulator_process import Simulator

pytestmark = pytest.mark.django_db


@pytest.fixture
def pulling(simulated: TikTokApp, settings: Settings) -> TikTokApp:
    """An app whose videos TikTok downloads below a prefix where nothing answers."""
    settings.BASE_URL = "http://127.0.0.1:1"
    services.store_verification_file(simulated, VerificationFile(f"tiktok{'x' * 32}.txt", "x"), actor=None)
    TikTokApp.objects.update(prefix_checked_at=simulated.created_at, video_transfer=MediaSource.PULL_FROM_URL)
    simulated.refresh_from_db()
    return simulated


def test_refused_prefix_is_logged_once_and_later_videos_are_uploaded(
    tiktok: Simulator, pulling: TikTokApp, submit: Submit, worker: Worker, instance: Instance,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    with caplog.at_level(logging.ERROR):
        posts = [submit(caption="one"), submit(caption="two")]
        worker.run_for(60)
    later = submit(caption="three")
    worker.run_for(600)

    assert reread(posts[0], instance).error_code == "url_ownership_unverified"
    pulling.refresh_from_db()
    assert (pulling.can_pull, pulling.prefix_problem) == (False, "refused_by_tiktok")
    assert len([record for record in caplog.records if "the operator is needed" in record.getMessage()]) == 1
    assert [reread(post, instance).state for post in (*posts, later)] == ["failed", "published", "published"]


def test_started_post_keeps_its_way_when_the_transfer_changes(
    tiktok: Simulator, pulling: TikTokApp, submit: Submit, worker: Worker, instance: Instance
) -> None:
    tiktok.trust_prefix(pulling.url_prefix)
    tiktok.settings(pull_pause_s=600)
    post = submit()
    worker.run_due()
    assert reread(post, instance).state == PostState.PROCESSING

    services.set_video_transfer(pulling, MediaSource.FILE_UPLOAD, actor=None)
    worker.run_for(60)

    assert reread(post, instance).state == PostState.PROCESSING
    assert len(tiktok.requests("video_init")) == 1
    with instance_scope(instance):
        assert Submission.objects.get(post=post).source == MediaSource.PULL_FROM_URL
