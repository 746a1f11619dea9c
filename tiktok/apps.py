"""Everything TikTok."""

from typing import Final

from django.apps import AppConfig
from django.core import checks
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from accounts.append_only import AppendOnlyTable, register
from instances.jobs.process import at_stop
from tiktok.api.content_posting import break_off_uploads

# In SQL what publishing.services.DELETABLE says.
POST_IS_DELETABLE: Final = (
    "EXISTS (SELECT 1 FROM tiktok_post post WHERE post.id = post_id AND post.state IN ('draft', 'cancelled', 'failed'))"
)


class TikTokConfig(AppConfig):
    """Accounts, media, posts and the work that publishes them."""

    name = "tiktok"
    verbose_name = _("TikTok")

    def ready(self) -> None:
        """What can be checked once models are known; events go only with a post that may be deleted.

        A process that ends waits for no upload.
        """
        register(AppendOnlyTable("tiktok_postevent", deletable=POST_IS_DELETABLE))
        at_stop(break_off_uploads)
        checks.register(import_string("tiktok.keys.check.check_stored_keys"), checks.Tags.database, deploy=True)
