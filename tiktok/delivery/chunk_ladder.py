"""Chunk plans that TikTok takes: from one day to the next it has refused plans that it took before.

A refused plan opened nothing, so the next one of a short list is tried. What is learnt is kept for the app, for a
day: TikTok's mood may change back.
"""

import logging
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db.models import Q

from core.jobs.clock import db_in, db_now
from tiktok.api.chunking import ChunkPlan, plan_chunks
from tiktok.api.limits import CHUNK_DEFAULT_BYTES, CHUNK_MIN_BYTES
from tiktok.models import TikTokApp

log = logging.getLogger(__name__)
KEPT: Final = timedelta(days=1)


def plans_for(size_bytes: int) -> list[ChunkPlan]:
    """Return the plans for a file, the configured one first; each differs from those before it."""
    sizes = [
        (settings.UPLOAD_CHUNK_BYTES, settings.UPLOAD_SINGLE_LIMIT_BYTES),
        (CHUNK_DEFAULT_BYTES, CHUNK_MIN_BYTES),
        (CHUNK_MIN_BYTES, CHUNK_MIN_BYTES),
    ]
    plans = [plan_chunks(size_bytes, chunk_size=chunk, single_limit=single) for chunk, single in sizes]
    return list(dict.fromkeys(plans))


def plan_for(app: TikTokApp, size_bytes: int) -> ChunkPlan:
    """Return the first plan that TikTok has not refused to this app within a day; the last one if it refused all."""
    plans = plans_for(size_bytes)
    refusing = TikTokApp.objects.filter(pk=app.pk, chunks_refused_at__gt=db_in(-KEPT))
    too_large = refusing.values_list("refused_chunk_bytes", flat=True).first()
    if too_large is None:
        return plans[0]
    return next((plan for plan in plans if plan.chunk_size < too_large), plans[-1])


def note_refused(app: TikTokApp, plan: ChunkPlan) -> bool:
    """Record that TikTok refused the plan if there is another one to try; return whether there is.

    The operator is told once a day, by the first refusal.
    """
    if plan == plans_for(plan.size)[-1]:
        return False
    ours, size = TikTokApp.objects.filter(pk=app.pk), plan.chunk_size
    is_news = Q(chunks_refused_at=None) | Q(chunks_refused_at__lte=db_in(-KEPT))
    if ours.filter(is_news).update(chunks_refused_at=db_now(), refused_chunk_bytes=size):
        log.error("TikTok refuses chunks of %s bytes to app %s; smaller ones are tried for a day", size, app.pk)
    else:  # another upload may have learnt more since this one began
        ours.filter(refused_chunk_bytes__gt=size).update(refused_chunk_bytes=size)
    return True
