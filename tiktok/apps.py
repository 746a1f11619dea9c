"""The Django app of everything TikTok."""

from typing import Final

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from core.append_only import AppendOnlyTable
from core.append_only import register as protect
from core.jobs.process import at_stop
from tiktok.api.content_posting import break_off_uploads

# posts.services.DELETABLE in SQL.
POST_IS_DELETABLE: Final = (
    "EXISTS (SELECT 1 FROM tiktok_post post WHERE post.id = post_id AND post.state IN ('draft', 'cancelled', 'failed'))"
)


class TikTokConfig(AppConfig):
    """Accounts, media, posts and the work that publishes them."""

    name = "tiktok"
    verbose_name = _("TikTok")

    def ready(self) -> None:
        """Protect events, break off uploads when the process ends, and register the rest.

        Events are deleted only with a post that may be deleted. Models are known now, so modules that use them can be
        imported.
        """
        from tiktok.wiring import register

        protect(AppendOnlyTable("tiktok_postevent", deletable=POST_IS_DELETABLE))
        at_stop(break_off_uploads)
        register()
