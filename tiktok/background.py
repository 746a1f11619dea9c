"""The background work of TikTok: sources of due work, and periodic jobs. Web processes never load this."""

from core.jobs.registry import register_periodic, register_source, register_startup
from tiktok.access import endings, grants, outages, readable, refresh
from tiktok.accounts import disconnect, upkeep
from tiktok.connect.links.services import forget_old_links
from tiktok.delivery import claims, sweep
from tiktok.delivery import tasks as delivery_tasks
from tiktok.developer_apps.services import drop_confirmed_secrets
from tiktok.media import checks
from tiktok.media import tasks as media_tasks
from tiktok.posts.idempotency import forget_old_keys
from tiktok.posts.submissions import forget_dead_upload_urls
from tiktok.webhooks import apply
from tiktok.webhooks import tasks as webhook_tasks
from tiktok.webhooks.housekeeping import forget_old_deliveries

__all__ = ["delivery_tasks", "webhook_tasks"]  # imported so that a Celery worker knows them

# Few and quick: withdrawn authorizations are known before more posts start.
register_source(apply.due_deliveries, precedence=10)
register_source(checks.due_checks, precedence=20)
register_source(sweep.due_posts, precedence=30)

register_startup(claims.free_dead_claims)
register_startup(checks.free_dead_checks)

register_periodic("finish-disconnects", every_s=5, run=disconnect.finish_disconnects)
register_periodic("release-retired", every_s=900, run=grants.release_retired)
register_periodic("refresh-ahead", every_s=60, run=refresh.refresh_ahead)
register_periodic("revive-readable", every_s=60, run=readable.revive_readable)
register_periodic("warn-of-endings", every_s=900, run=endings.warn_of_endings)
register_periodic("settle-secrets", every_s=3600, run=drop_confirmed_secrets)
register_periodic("sync-profiles", every_s=1800, run=upkeep.sync_profiles)
register_periodic("forget-connect-links", every_s=24 * 3600, run=forget_old_links)
register_periodic("forget-upload-urls", every_s=24 * 3600, run=forget_dead_upload_urls)
register_periodic("forget-idempotency-keys", every_s=3600, run=forget_old_keys)
register_periodic("forget-outages", every_s=24 * 3600, run=outages.forget_old_outages)
register_periodic("forget-webhooks", every_s=24 * 3600, run=forget_old_deliveries)
register_periodic("remove-expired-uploads", every_s=3600, run=media_tasks.remove_expired_uploads)
register_periodic("remove-stray-files", every_s=3600, run=media_tasks.remove_stray_files)
