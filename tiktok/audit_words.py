"""The audit log's sentences about posts, videos, accounts and TikTok apps."""

from django.utils.translation import gettext_lazy as _

from instances.audit_log.words import AuditTopic
from tiktok.accounts.notices import subjects as accounts
from tiktok.media.notices import subjects as videos
from tiktok.posts.notices import subjects as posts

POSTS = AuditTopic(
    "posts",
    _("Posts"),
    {
        "post.create": _("%(who)s created %(what)s"),
        "post.edit": _("%(who)s edited %(what)s"),
        "post.schedule": _("%(who)s scheduled %(what)s for %(publish_at)s"),
        "post.unschedule": _("%(who)s took %(what)s off the schedule"),
        "post.publish": _("%(who)s published %(what)s"),
        "post.cancel": _("%(who)s cancelled %(what)s"),
        "post.cancel_download": _("%(who)s asked TikTok to stop downloading %(what)s"),
        "post.delete": _("%(who)s deleted a post"),
        "post.recheck": _("%(who)s checked the status of %(what)s"),
        "post.send_again": _("%(who)s resent %(what)s"),
        "post.set_aside": _("%(who)s dismissed %(what)s"),
        "post.take_up": _("%(who)s reopened %(what)s"),
        "quarantine.hold": _("%(who)s paused %(posts)s posts after a restore"),
    },
    {"post": posts},
    {"post": _("a deleted post")},
)
MEDIA = AuditTopic(
    "media",
    _("Media"),
    {"media.deleted": _("%(who)s deleted a video")},
    {"media": videos},
    {"media": _("a deleted video")},
)
ACCOUNTS = AuditTopic(
    "accounts",
    _("Accounts"),
    {
        "account.linked": _("%(who)s connected the account %(what)s"),
        "account.updated": _("%(who)s connected the account %(what)s again"),
        "account.reconnected": _("%(who)s reconnected the account %(what)s"),
        "account.active": _("%(who)s can use the account %(what)s again"),
        "account.reconnect_needed": _("TikTok ended access to %(what)s, so it must be reconnected"),
        "account.withdrawal_explained": _("TikTok explained why access to %(what)s ended"),
        "account.scopes_changed": _("The permissions of %(what)s changed: lost %(lost)s, gained %(gained)s"),
        "account.disconnecting": _("%(who)s disconnected the account %(what)s"),
        "account.disconnected": _("%(who)s finished disconnecting the account %(what)s"),
        "account.renamed": _("%(who)s renamed the account %(before)s to %(after)s"),
        "account.labelled": _("%(who)s changed the labels of %(what)s from %(before)s to %(after)s"),
        "account.moved": _("%(who)s moved the account %(what)s from the app %(from_app)s to %(to_app)s"),
        "account.kept_apart": _("%(who)s kept the accounts %(what)s and %(other)s separate"),
        "connect_link.made": _("%(who)s created connect links: %(count)s"),
        "connect_link.revoked": _("%(who)s revoked a connect link"),
        "connect_link.used": _("The connect link %(what)s was used by %(used_by)s"),
        "tiktok_app.created": _("%(who)s added the TikTok app %(what)s"),
        "tiktok_app.updated": _("%(who)s changed the TikTok app %(what)s"),
        "tiktok_app.deleted": _("%(who)s deleted the TikTok app %(what)s"),
        "tiktok_app.old_secret_removed": _("%(who)s removed the old secret of the TikTok app %(what)s"),
    },
    {"tiktokaccount": accounts},
    {"tiktokaccount": _("a removed account")},
)
