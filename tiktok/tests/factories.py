"""Apps, accounts, media and posts for tests. Build content inside an instance_scope."""

import hashlib
from datetime import timedelta
from typing import Any

import factory
from django.conf import settings
from django.utils import timezone
from factory.django import DjangoModelFactory

from instances.models import Instance
from tiktok.models import (
    Media,
    MediaKind,
    MediaState,
    MediaUpload,
    Post,
    PostMedia,
    Submission,
    TikTokAccount,
    TikTokApp,
    TikTokCredential,
    WorkItem,
)
from tiktok.models.fields import seal

SCOPES = ["user.info.basic", "user.info.profile", "user.info.stats", "video.list", "video.publish", "video.upload"]


class TikTokAppFactory(DjangoModelFactory[TikTokApp]):
    """A desktop app with a sealed secret."""

    class Meta:
        model = TikTokApp

    name = factory.Sequence(lambda n: f"App {n}")
    client_key = factory.Sequence(lambda n: f"key{n}")
    app_type = "desktop"
    pkce = "hex"
    redirect_uri = "http://127.0.0.1:8000/auth/tiktok/login/callback/"

    @classmethod
    def _create(cls, model_class: type[TikTokApp], *args: Any, **kwargs: Any) -> TikTokApp:
        secret = kwargs.pop("secret", "app-secret")
        app = TikTokApp(**kwargs)
        app.client_secret = seal(TikTokApp, app.pk, "client_secret", secret)
        app.save()
        return app


class CredentialFactory(DjangoModelFactory[TikTokCredential]):
    """Live tokens: two hours of access, 180 days of refresh."""

    class Meta:
        model = TikTokCredential

    app = factory.SubFactory(TikTokAppFactory)
    open_id = factory.Sequence(lambda n: f"open-{n}")
    scopes = factory.LazyFunction(lambda: list(SCOPES))

    @classmethod
    def _create(cls, model_class: type[TikTokCredential], *args: Any, **kwargs: Any) -> TikTokCredential:
        access = kwargs.pop("access_token", f"act.{kwargs['open_id']}")
        refresh = kwargs.pop("refresh_token", f"rft.{kwargs['open_id']}")
        now = timezone.now()
        credential = TikTokCredential(
            **{
                "access_issued_at": now,
                "access_expires_at": now + timedelta(hours=2),
                "refresh_expires_at": now + timedelta(days=180),
            }
            | kwargs
        )
        credential.access_token = seal(TikTokCredential, credential.pk, "access_token", access)
        credential.refresh_token = seal(TikTokCredential, credential.pk, "refresh_token", refresh)
        credential.save()
        return credential


def make_account(instance: Instance, **fields: Any) -> TikTokAccount:
    """An active link of this instance to a TikTok user; the scope must be open."""
    credential = fields.pop("credential", None) or CredentialFactory.create()
    defaults = {"name": "Main", "display_name": "Nora Vale", "username": "noravale"}
    return TikTokAccount.objects.create(instance=instance, credential=credential, **(defaults | fields))


def make_media(instance: Instance, *, content: bytes = b"\0" * 1000, **fields: Any) -> Media:
    """A video whose bytes really lie on disk (``content`` is not a real video)."""
    name = f"test-{factory.Faker._get_faker().uuid4()}"
    path = settings.MEDIA_ROOT / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    stat = path.stat()
    defaults: dict[str, Any] = {
        "kind": MediaKind.VIDEO, "state": MediaState.READY, "original_name": "clip.mp4",
        "content_type": "video/mp4", "path": name,
        "size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(),
        "mtime_ns": stat.st_mtime_ns, "inode": stat.st_ino,
        "duration_ms": 30_000, "width": 1080, "height": 1920, "fps": 30.0, "codec": "h264",
    }  # fmt: skip
    return Media.objects.create(instance=instance, **(defaults | fields))


def make_photo(instance: Instance, **fields: Any) -> Media:
    """A checked photo with its TikTok copy on disk (neither is a real picture)."""
    photo = make_media(
        instance, kind=MediaKind.PHOTO, original_name="photo.jpg", content_type="image/jpeg", codec="jpeg",
        width=3024, height=4032, fps=None, duration_ms=None, **fields,
    )  # fmt: skip
    photo.copy_path, photo.copy_size_bytes = f"{photo.path}-tiktok", 500
    photo.copy_file.write_bytes(bytes(500))
    photo.copy_sha256, photo.copy_width, photo.copy_height = hashlib.sha256(bytes(500)).hexdigest(), 1080, 1440
    photo.save()
    return photo


def make_upload(instance: Instance, **fields: Any) -> MediaUpload:
    """An upload of 1,000 bytes of which none has arrived."""
    defaults: dict[str, Any] = {
        "size_bytes": 1000,
        "original_name": "clip.mp4",
        "path": f"test-{factory.Faker._get_faker().uuid4()}",
        "expires_at": timezone.now() + timedelta(days=1),
    }
    return MediaUpload.objects.create(instance=instance, **(defaults | fields))


def make_post(account: TikTokAccount, media: Media | None = None, **fields: Any) -> Post:
    """A draft with its work item, and its file where one is given."""
    post = Post.objects.create(instance_id=account.instance_id, account=account, **({"caption": "Hello"} | fields))
    WorkItem.objects.create(post=post, instance_id=account.instance_id)
    if media is not None:
        PostMedia.objects.create(instance_id=account.instance_id, post=post, media=media)
    return post


def make_submission(post: Post, **fields: Any) -> Submission:
    """An open submission of one chunk whose init TikTok has answered."""
    defaults: dict[str, Any] = {
        "credential": post.account.credential, "app": post.account.credential.app, "number": 1,
        "publish_id": f"v_pub_file~{post.pk}", "video_size": 1000, "chunk_size": 1000, "total_chunk_count": 1,
        "media_sha256": "", "media_mtime_ns": 0, "media_inode": 0,
    }  # fmt: skip
    return Submission.objects.create(instance_id=post.instance_id, post=post, **(defaults | fields))
