"""The database before it begins: instances, TikTok users linked as the callback links them, and files."""

import hashlib
import random
from dataclasses import dataclass

from django.core.management import call_command

from accounts.models import User
from core.jobs.clock import read_db_now
from instances.models import Instance
from instances.scoping import instance_scope
from instances.tests.factories import InstanceFactory, person_of
from tiktok.api.secret import Secret
from tiktok.api.types import TokenSet
from tiktok.connect.services import link_account
from tiktok.models import Media, TikTokAccount, TikTokApp
from tiktok.tests.factories import TikTokAppFactory, make_media
from tiktok.tests.simulator_process import CLIENT_KEY, CLIENT_SECRET, Simulator

MB = 1024 * 1024
SEES_ALL = "the laboratory sees every instance"


@dataclass(frozen=True)
class Place:
    """An instance and its editor."""

    instance: Instance
    editor: User


def empty_world(simulator: Simulator, *, access_lifetime_s: int) -> TikTokApp:
    """A migrated database, and a TikTok whose tokens live so long; without users yet."""
    call_command("migrate", verbosity=0)
    simulator.reset()
    simulator.create_app(audited=True, access_lifetime_s=access_lifetime_s, post_cap=1_000_000)
    return TikTokAppFactory.create(client_key=CLIENT_KEY, secret=CLIENT_SECRET)


def make_place(number: int) -> Place:
    instance = InstanceFactory.create()
    return Place(instance, person_of(instance, "editor", email=f"editor{number}@example.com"))


def link(simulator: Simulator, app: TikTokApp, place: Place, username: str) -> TikTokAccount:
    """A consent, and what the callback makes of it."""
    asked_at = read_db_now()
    given = simulator.grant(simulator.create_user(username))
    tokens = TokenSet(
        open_id=given.open_id,
        scopes=tuple(given.scope.split(",")),
        access_token=Secret(given.access_token),
        refresh_token=Secret(given.refresh_token),
        expires_in_s=given.expires_in,
        refresh_expires_in_s=given.refresh_expires_in,
        token_type=given.token_type,
    )
    with instance_scope(place.instance):
        linked = link_account(
            place.instance, app=app, actor=place.editor, tokens=tokens, asked_at=asked_at, name=username
        )
        return TikTokAccount.objects.select_related("credential__app", "instance__tenant").get(pk=linked.account.pk)


def small_file(place: Place, number: int) -> Media:
    """Some hundred kilobytes."""
    dice = random.Random(number)
    with instance_scope(place.instance):
        return make_media(place.instance, content=dice.randbytes(dice.randrange(20_000, 300_000)))


def large_file(place: Place, chunks: int) -> Media:
    """So many chunks of 5 MiB: holes behind a few bytes."""
    size = chunks * 5 * MB
    with instance_scope(place.instance):
        media = make_media(place.instance, content=random.Random(size).randbytes(1000))
        with media.file.open("r+b") as file:
            file.truncate(size)
        with media.file.open("rb") as file:
            media.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        stat = media.file.stat()
        media.size_bytes, media.mtime_ns, media.inode = size, stat.st_mtime_ns, stat.st_ino
        media.save()
    return media
