"""The additions of TikTok's features to the apps below: rail, overview, notifications, looks, doctor."""

from django.core import checks
from django.utils.translation import gettext_lazy as _

from core.doctor import run
from core.web import looks
from instances import overview
from instances.audit_log import words as audit_words
from instances.notices import words
from instances.palette import register_finder
from instances.rail import Entry, register_entries, register_provider
from tiktok.accounts import looks as account_looks
from tiktok.accounts import notices as account_notices
from tiktok.accounts.finding import find_accounts
from tiktok.accounts.page.posts import register_posts
from tiktok.accounts.switcher import rail_accounts
from tiktok.audit_words import ACCOUNTS, MEDIA, POSTS
from tiktok.connect.links import looks as link_looks
from tiktok.developer_apps import findings as app_findings
from tiktok.keys import findings as key_findings
from tiktok.keys.check import check_stored_keys
from tiktok.media import looks as media_looks
from tiktok.media import notices as media_notices
from tiktok.posts import findings as post_findings
from tiktok.posts import notices as post_notices
from tiktok.posts.overview import overviews
from tiktok.posts.queries import posts_of_account
from tiktok.posts.web.finding import find_posts
from tiktok.posts.web.rail import rail_new_post
from tiktok.posts.wording import looks as post_looks


def register() -> None:
    """Register everything once models are known."""
    checks.register(check_stored_keys, checks.Tags.database, deploy=True)
    run.register(key_findings.stored_keys, app_findings.reach, app_findings.apps, app_findings.grants)
    run.register(post_findings.waiting_posts)
    for feature in (account_looks, link_looks, media_looks, post_looks):
        looks.register(feature.LOOKS)
    for notices in (account_notices, media_notices, post_notices):
        words.register(notices.TOPIC)
    audit_words.register(POSTS, ACCOUNTS, MEDIA)
    overview.register(overviews)
    register_posts(posts_of_account)
    register_provider(rail_accounts)
    register_provider(rail_new_post)
    register_finder(find_accounts, find_posts)
    register_entries(
        Entry("", _("Home"), "home", order=10),
        Entry("posts/", _("Posts"), "list-details", order=20),
        Entry("media/", _("Media"), "photo-video", order=30),
        Entry("accounts/", _("Accounts"), "plug-connected", order=40),
    )
