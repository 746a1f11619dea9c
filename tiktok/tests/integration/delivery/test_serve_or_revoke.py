"""A download and the revocation of its address at the same moment: exactly one happens (rule R5)."""

import os
from typing import Final

import pytest
from django.db import transaction
from django.http import Http404
from django.test import RequestFactory

from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.media.downloads import media_download
from tiktok.media.served import served_file
from tiktok.models import CapabilityURL, Media, Submission
from tiktok.models.capability import revoke_unserved
from tiktok.tests.factories import make_account, make_media, make_post, make_submission
from tiktok.tests.races import at_once

RACES: Final = int(os.environ.get("RACES", "1000"))

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(1800)]


@pytest.fixture
def media(instance: Instance) -> Media:
    with instance_scope(instance):
        return make_media(instance, content=b"12345")


@pytest.fixture
def submission(instance: Instance) -> Submission:
    with instance_scope(instance):
        return make_submission(make_post(make_account(instance)), source="PULL_FROM_URL", publish_id="")


def download(token: str) -> bool:
    """Whether a byte was served."""
    try:
        response = media_download(RequestFactory().get(f"/m/{token}"), token)
    except Http404:
        return False
    return b"".join(response.streaming_content) == b"12345"  # type: ignore[attr-defined]


def go_back_to_due(submission: Submission) -> bool:
    """Whether all addresses were revoked, as in the transaction that allows a new init."""
    with transaction.atomic():
        is_revoked = revoke_unserved(submission)
        if not is_revoked:
            transaction.set_rollback(True)
        return is_revoked


def race(submission: Submission, media: Media, *, files: int) -> tuple[bool, bool]:
    """Download the last file of a submission, and revoke all of them, at the same moment."""
    CapabilityURL.objects.all().delete()
    urls = CapabilityURL.issue(submission, [served_file(media)] * files, prefix="")
    token = urls[-1].reveal()
    was_served, was_revoked = at_once(lambda: download(token), lambda: go_back_to_due(submission), expect=())
    served = CapabilityURL.objects.exclude(first_served_at=None).count()
    revoked = CapabilityURL.objects.exclude(revoked_at=None).count()
    assert (served, revoked) == ((1, 0) if was_served else (0, files))
    return was_served, was_revoked


def races(submission: Submission, media: Media, count: int) -> set[tuple[bool, bool]]:
    return {race(submission, media, files=1 + number % 3) for number in range(count)}


def test_address_is_served_or_revoked_never_both(submission: Submission, media: Media) -> None:
    assert races(submission, media, 36) <= {(True, False), (False, True)}


@pytest.mark.deep
def test_address_is_served_or_revoked_in_a_thousand_races(submission: Submission, media: Media) -> None:
    assert races(submission, media, RACES) == {(True, False), (False, True)}
