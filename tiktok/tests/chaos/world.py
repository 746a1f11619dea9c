"""The database before the storm: instances, accounts linked to the simulator's users, files; and how posts are made."""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.core.management import call_command
from django.db import transaction

from accounts.models import User
from core.jobs.clock import read_db_now
from core.jobs.nudge import nudge
from instances.models import Instance
from instances.scoping import instance_scope, unscoped
from instances.tests.factories import InstanceFactory, person_of
from tiktok.api.types import CreatorInfo
from tiktok.models import Media, MediaSource, Post, PostMode, TikTokAccount
from tiktok.posts import services
from tiktok.posts.consent import Consent
from tiktok.posts.creator import fetch_creator_info
from tiktok.posts.rules import PostOptions
from tiktok.posts.schedule import from_instant
from tiktok.tests.chaos.options import Options
from tiktok.tests.chaos.plan import PHOTO_FILES, Plan, PlannedPost
from tiktok.tests.factories import TikTokAppFactory, make_media
from tiktok.tests.fixtures_downloads import let_pull, make_photos
from tiktok.tests.fixtures_posts import link_simulated
from tiktok.tests.simulator_process import CLIENT_KEY, CLIENT_SECRET, Simulator

ACCOUNTS_PER_INSTANCE = 20
SEES_ALL = "the laboratory sees every instance"


@dataclass
class Place:
    """An instance with its editor and its own copy of every file."""

    instance: Instance
    editor: User
    files: list[Media]
    photos: list[Media]


@dataclass
class Linked:
    """An account, where it belongs, and what TikTok allows it."""

    place: Place
    account: TikTokAccount
    creator: CreatorInfo


@dataclass
class World:
    """The material of posts."""

    accounts: list[Linked]

    ids: dict[str, UUID] = field(default_factory=dict)

    def submit(self, planned: PlannedPost) -> None:
        """As a person would, by the services that the page and the API call."""
        linked = self.accounts[planned.account]
        place = linked.place
        when = from_instant(read_db_now() + timedelta(seconds=planned.after_s), "UTC") if planned.after_s else None
        consent = Consent(place.editor, None if planned.is_draft else linked.creator, "web", agreed=True)
        with instance_scope(place.instance), transaction.atomic():
            post, _ = services.create_post(
                account=linked.account, files=self.files_of(planned), options=_options(planned), actor=place.editor
            )
            if not planned.photos:
                post.source = MediaSource.PULL_FROM_URL if planned.is_pull else MediaSource.FILE_UPLOAD
                post.save(update_fields=["source"])
            services.publish_post(post, when=when, consent=consent, actor=place.editor)
        self.ids[planned.caption] = post.pk
        nudge("advance_post", post.pk)

    def files_of(self, planned: PlannedPost) -> list[Media]:
        """The post's video, or its photos in their order."""
        place = self.accounts[planned.account].place
        return [place.photos[number] for number in planned.photos] or [place.files[planned.file]]


def _options(planned: PlannedPost) -> PostOptions:
    if not planned.is_draft:
        return PostOptions(caption=planned.caption, privacy_level=planned.privacy_level)
    caption = planned.caption if planned.photos else ""  # TikTok takes no text with a video draft
    return PostOptions(mode=PostMode.MEDIA_UPLOAD, caption=caption)


def build(options: Options, plan: Plan, simulator: Simulator, base_url: str) -> World:
    """Migrate an empty database and fill it; the weather is still fine. ``base_url``: where the web server will be."""
    call_command("migrate", verbosity=0)
    simulator.reset()
    simulator.create_app(audited=True, webhook_url=f"{base_url}/webhooks/tiktok/")
    simulator.settings(processing_delay_s=0.5, moderation_delay_s=0.5)
    app = TikTokAppFactory.create(client_key=CLIENT_KEY, secret=CLIENT_SECRET)
    let_pull(simulator, app, f"{base_url}/m/")
    places = [_place(plan, number) for number in range(-(-options.accounts // ACCOUNTS_PER_INSTANCE))]
    accounts = []
    for number in range(options.accounts):
        place = places[number % len(places)]
        account = link_simulated(simulator, app, place.instance, f"user{number}")
        with instance_scope(place.instance):
            accounts.append(Linked(place, account, fetch_creator_info(account)))
    return World(accounts)


def _place(plan: Plan, number: int) -> Place:
    instance = InstanceFactory.create()
    with instance_scope(instance):
        files = [make_media(instance, content=_content(size, at)) for at, size in enumerate(plan.sizes)]
        photos = make_photos(instance, PHOTO_FILES)
    return Place(instance, person_of(instance, "editor", email=f"editor{number}@example.com"), files, photos)


def _content(size: int, number: int) -> bytes:
    return random.Random(number).randbytes(size)


def count_states() -> Counter[str]:
    """How many posts are in which state now."""
    with unscoped(reason=SEES_ALL):
        return Counter(Post.objects.values_list("state", flat=True))
