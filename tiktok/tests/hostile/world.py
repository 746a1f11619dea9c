"""The database before the attack: instances with owners who are signed in, API keys, accounts, posts and videos."""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.management import call_command
from django.test import Client

from accounts.models import User
from instances.models import Instance
from instances.roles import KeyScope
from instances.scoping import instance_scope
from instances.services.api_keys import write_api_key
from instances.tests.factories import InstanceFactory, person_of
from tiktok.models import PostState
from tiktok.tests.crowd import make_crowd, make_posts
from tiktok.tests.factories import make_media
from tiktok.tests.hostile.meter import Page
from tiktok.tests.hostile.options import Options
from tiktok.tests.hostile.uploads import Door
from tiktok.tests.hostile.wire import Target
from tiktok.tests.videos import make_video

HOSTILE_INSTANCES: Final = 2
FILES: Final = 5
FILE_BYTES: Final = 8_000_000
ACCOUNTS: Final = 40
STATES: Final = (PostState.PUBLISHED, PostState.FAILED, PostState.PUBLISHED, PostState.CANCELLED)
CSRF: Final = "c" * 32


@dataclass(frozen=True)
class World:
    """The attackers and the workers. ``files`` are videos for slow readers, each with the headers that open it."""

    doors: list[Door]
    hostile_doors: list[Door]
    files: list[tuple[str, dict[str, str]]]
    pages: list[Page]
    video: bytes


def build(options: Options, target: Target, scratch: Path) -> World:
    """Migrate an empty database and fill it."""
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    doors = [_door(target) for _ in range(options.crowd.instances)]
    video = make_video(scratch / "clip.mp4", seconds=4).read_bytes()
    return World(
        doors=doors,
        hostile_doors=[_door(target) for _ in range(HOSTILE_INSTANCES)],
        files=[_file(options, doors[number % len(doors)], number) for number in range(FILES)],
        pages=_pages(target),
        video=video,
    )


def _door(target: Target) -> Door:
    """Make an instance with an owner, a session of theirs and an API key."""
    instance: Instance = InstanceFactory.create()
    owner = person_of(instance, "owner", email=f"owner@{instance.slug}.example.com")
    _key, plain = write_api_key(instance, user=owner, actor=None, name="hostile", scopes=list(KeyScope))
    return Door(instance.slug, {"Authorization": f"Bearer {plain}"}, _session(owner, target))


def _session(owner: User, target: Target) -> dict[str, str]:
    """Sign in, and return the headers of that browser's requests."""
    client = Client()
    client.force_login(owner)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    cookies = {settings.SESSION_COOKIE_NAME: key, settings.CSRF_COOKIE_NAME: CSRF}
    return {
        "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        "X-CSRFToken": CSRF,
        "Origin": target.origin,
        "Referer": f"{target.origin}/",
    }


def _file(options: Options, door: Door, number: int) -> tuple[str, dict[str, str]]:
    instance = Instance.objects.get(slug=door.slug)
    with instance_scope(instance):
        media = make_media(instance, content=random.Random(options.seed + number).randbytes(FILE_BYTES))
    return f"/i/{door.slug}/media/{media.pk}/file/", door.page_headers


def _pages(target: Target) -> list[Page]:
    """Return the pages of an instance with accounts and posts, which takes no part in the uploads."""
    door = _door(target)
    instance = Instance.objects.get(slug=door.slug)
    for account in make_crowd(instance, ACCOUNTS):
        make_posts(account, STATES)
    place = f"/i/{door.slug}"
    return [
        Page("home", f"{place}/", door.page_headers),
        Page("posts", f"{place}/posts/", door.page_headers),
        Page("media", f"{place}/media/", door.page_headers),
        Page("accounts", f"{place}/accounts/", door.page_headers),
        Page("/api/v1/posts", "/api/v1/posts", door.api_headers),
    ]
