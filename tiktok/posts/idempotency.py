"""The same request twice makes one post: a key, and the SHA-256 of what came with it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Self

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.web.refusals import UserRefusal
from instances.scoping import unscoped
from tiktok.models import Post

KEY_MAX_CHARS: Final = 255
REMEMBERED: Final = timedelta(days=7)


class IdempotencyConflict(UserRefusal):
    """This key was used with another body."""

    def __init__(self) -> None:
        super().__init__(
            "idempotency_conflict",
            _("This form was already sent with different content. Open the post it created first."),
        )


@dataclass(frozen=True, slots=True)
class Idempotency:
    """``key`` as the client sent it (a form: its hidden UUID and the account), ``body_hash`` hex."""

    key: str
    body_hash: str

    @classmethod
    def of(cls, key: str, body: Mapping[str, Any]) -> Self:
        """For a request whose meaning is ``body``: key order and spelling of JSON do not matter."""
        canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), default=str)
        return cls(key, hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest())


def find_replay(idempotency: Idempotency) -> Post | None:
    """The post that this request made before. Raises IdempotencyConflict for another body."""
    post = Post.objects.filter(idempotency_key=idempotency.key).first()
    if post and post.idempotency_hash != idempotency.body_hash:
        raise IdempotencyConflict
    return post


def insert_once(post: Post, idempotency: Idempotency | None) -> Post | None:
    """Insert ``post``, or return the one that an equal request inserted first (the unique constraint decides)."""
    if idempotency is None:
        post.save(force_insert=True)
        return None
    post.idempotency_key, post.idempotency_hash = idempotency.key, idempotency.body_hash
    try:
        with transaction.atomic():
            post.save(force_insert=True)
    except IntegrityError:
        if (earlier := find_replay(idempotency)) is None:
            raise
        return earlier
    return None


def forget_old_keys() -> int:
    """Housekeeping: keys and hashes are forgotten after seven days; how many were."""
    with unscoped(reason="housekeeping of idempotency keys"):
        old = Post.objects.filter(idempotency_key__isnull=False, created_at__lt=timezone.now() - REMEMBERED)
        return old.update(idempotency_key=None, idempotency_hash="")
