"""Everything TikTok."""

from typing import Final

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from core.append_only import AppendOnlyTable
from core.append_only import register as protect
from core.jobs.process import at_stop
from tiktok.api.content_posting import break_off_uploads

# In SQL what posts.services.DELETABLE says.
POST_IS_DELETABLE: Final = (
    "EXISTS (SELECT 1 FROM tiktok_post post WHERE post.id = post_id AND post.state IN ('draft', 'cancelled', 'failed'))"
)


class TikTokConfig(AppConfig):
    """Accounts, media, posts and the work that publishes them."""

    name = "tiktok"
    verbose_name = _("TikTok")

    def ready(self) -> None:
        """Events go only with a post that may be deleted; a process that ends waits for no upload.

        Models are known: what uses them can be imported and registered.
        """
        from tiktok.wiring import register

        protect(AppendOnlyTable("tiktok_postevent", deletable=POST_IS_DELETABLE))
        at_stop(break_off_uploads)
        register()
