"""The database before the storm: instances, accounts linked to the simulator's users, files; and how posts are made."""

import random
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from django.core.management import call_command

from accounts.models import User
from core.jobs.clock import read_db_now
from core.jobs.nudge import nudge
from instances.models import Instance
from instances.scoping import instance_scope, unscoped
from instances.tests.factories import InstanceFactory, person_of
from tiktok.api.types import CreatorInfo
from tiktok.models import Media, Post, TikTokAccount
from tiktok.posts import services
from tiktok.posts.consent import Consent
from tiktok.posts.creator import fetch_creator_info
from tiktok.posts.rules import PostOptions
from tiktok.posts.schedule import from_instant
from tiktok.tests.chaos.options import Options
from tiktok.tests.chaos.plan import Plan, PlannedPost
from tiktok.tests.factories import TikTokAppFactory, make_media
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

    def submit(self, planned: PlannedPost) -> None:
        """As a person would, by the services that the page and the API call."""
        linked = self.accounts[planned.account]
        place = linked.place
        options = PostOptions(caption=planned.caption, privacy_level=planned.privacy_level)
        when = from_instant(read_db_now() + timedelta(seconds=planned.after_s), "UTC") if planned.after_s else None
        with instance_scope(place.instance):
            post, _ = services.submit_post(
                account=linked.account,
                files=[place.files[planned.file]],
                options=options,
                actor=place.editor,
                consent=Consent(place.editor, linked.creator, "web", agreed=True),
                when=when,
            )
        nudge("advance_post", post.pk)


def build(options: Options, plan: Plan, simulator: Simulator) -> World:
    """Migrate an empty database and fill it; the weather is still fine."""
    call_command("migrate", verbosity=0)
    simulator.reset()
    simulator.create_app(audited=True)
    simulator.settings(processing_delay_s=0.5, moderation_delay_s=0.5)
    app = TikTokAppFactory.create(client_key=CLIENT_KEY, secret=CLIENT_SECRET)
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
    return Place(instance, person_of(instance, "editor", email=f"editor{number}@example.com"), files)


def _content(size: int, number: int) -> bytes:
    return random.Random(number).randbytes(size)


def count_states() -> Counter[str]:
    """How many posts are in which state now."""
    with unscoped(reason=SEES_ALL):
        return Counter(Post.objects.values_list("state", flat=True))
