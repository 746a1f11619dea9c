"""Two instances full of rows: the ids that addresses are built from, and the canaries that must never be seen."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from instances.models import Instance, Notice, NoticeKind
from instances.notices.write import write_notice
from instances.roles import KeyScope, Role
from instances.scoping import instance_scope
from instances.services.api_keys import write_api_key
from instances.services.invitations import invite_first_owner
from instances.services.members import set_role
from instances.tests.factories import UserFactory, person_of
from tiktok.connect.links.services import make_links
from tiktok.models import AccountStatus, AttentionReason, PostState
from tiktok.tests.factories import make_account, make_media, make_post, make_submission, make_upload

CANARY = "Canary"


@dataclass(frozen=True, slots=True)
class Place:
    """An instance and the ids of one row of every kind in it."""

    instance: Instance
    ids: Mapping[str, str]


def _member(instance: Instance) -> str:
    user = UserFactory.create(name=f"{CANARY} {instance.slug} member")
    set_role(instance, member=user, role=Role.VIEWER)
    return str(user.pk)


def _api_key(instance: Instance) -> str:
    user: User = UserFactory.create(name=f"{CANARY} {instance.slug} maker")
    set_role(instance, member=user, role=Role.ADMIN)
    name = f"{CANARY} {instance.slug} key"
    return str(write_api_key(instance, user=user, actor=user, name=name, scopes=[KeyScope.POSTS_READ])[0].pk)


def _invitation(instance: Instance) -> str:
    invited = invite_first_owner(instance, email=f"{CANARY.lower()}-{instance.slug}@example.com")
    invitation = invited.invitation
    invitation.tenant_role = "member"
    invitation.expires_at = timezone.now() + timedelta(days=1)
    invitation.save()
    invitation.grants.create(instance=instance, role="viewer")
    return str(invitation.pk)


def _account(instance: Instance) -> str:
    account = make_account(
        instance, name=f"{CANARY} {instance.slug} account", avatar_path=f"avatars/{instance.pk}.webp"
    )
    path = settings.MEDIA_ROOT / account.avatar_path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"RIFF")
    return str(account.pk)


def _connect_link(instance: Instance) -> str:
    maker = person_of(instance, "admin", name=f"{CANARY} {instance.slug} link maker")
    made = make_links(instance, actor=maker, names=[f"{CANARY} {instance.slug} link"], note=f"{CANARY} {instance.slug}")
    return str(made[0].link.pk)


def _unwell_account(instance: Instance) -> str:
    """One for which TikTok is not even asked."""
    name = f"{CANARY} {instance.slug} unwell"
    return str(make_account(instance, name=name, status=AccountStatus.RECONNECT_NEEDED).pk)


def _post(instance: Instance) -> str:
    account = make_account(instance, name=f"{CANARY} {instance.slug} posting account")
    return str(make_post(account, caption=f"{CANARY} {instance.slug} post").pk)


def _notice(instance: Instance) -> str:
    account = make_account(instance, name=f"{CANARY} {instance.slug} failing account")
    post = make_post(account, caption=f"{CANARY} {instance.slug} failed", state=PostState.FAILED)
    write_notice(
        instance.pk, kind=NoticeKind.FAILED, subject_id=post.pk, maker_id=None, parts={"state": PostState.FAILED}
    )
    return str(Notice.objects.get(subject_id=post.pk).pk)


def _doubtful_post(instance: Instance) -> str:
    """One that may be out."""
    account = make_account(instance, name=f"{CANARY} {instance.slug} doubtful account")
    post = make_post(
        account,
        caption=f"{CANARY} {instance.slug} doubtful",
        state=PostState.NEEDS_ATTENTION,
        attention_reason=AttentionReason.OUTCOME_UNKNOWN,
    )
    make_submission(post, commit_point_at=timezone.now())
    return str(post.pk)


def _media(instance: Instance) -> str:
    media = make_media(instance, content=CANARY.encode(), original_name=f"{CANARY} {instance.slug}.mp4")
    media.thumbnail_path = media.path
    media.save()
    return str(media.pk)


def _upload(instance: Instance) -> str:
    name = f"{CANARY} {instance.slug}.mov"
    return str(make_upload(instance, original_name=name).pk)


# One line per kind of row: the name that walker_table.py uses, and what makes it inside the instance's open scope.
# Give it a name, caption or title that starts with CANARY and holds the instance's slug.
MAKERS: dict[str, Callable[[Instance], str]] = {
    "slug": lambda instance: instance.slug,
    "member": _member,
    "api_key": _api_key,
    "invitation": _invitation,
    "account": _account,
    "connect_link": _connect_link,
    "unwell_account": _unwell_account,
    "post": _post,
    "doubtful_post": _doubtful_post,
    "notice": _notice,
    "media": _media,
    "upload": _upload,
}


def furnish(instance: Instance) -> Place:
    """Make one row of every kind in the instance."""
    with instance_scope(instance):
        return Place(instance, {name: make(instance) for name, make in MAKERS.items()})
