"""The tables of everything TikTok."""

from tiktok.models.account import AccountStatus, TikTokAccount, TikTokCredential, shown_status
from tiktok.models.app import AppEnvironment, AppType, PkceMode, TikTokApp
from tiktok.models.capability import CapabilityURL
from tiktok.models.connect_link import ConnectLink
from tiktok.models.media import Media, MediaCheck, MediaKind, MediaState, MediaUpload
from tiktok.models.outage import OutageKind, TikTokOutage
from tiktok.models.post import (
    ConsentSnapshot,
    InvalidTransition,
    Post,
    PostEvent,
    PostMedia,
)
from tiktok.models.states import AttentionReason, EventCause, PostState
from tiktok.models.submission import InitReceipt, Submission
from tiktok.models.ways import MediaSource, MediaType, PostMode, Way
from tiktok.models.webhook import DeliveryState, RefusalReason, WebhookDelivery, WebhookRefusal
from tiktok.models.work import Held, Person, Quarantine, RateWindow, StaleState, WorkItem

__all__ = [
    "AccountStatus",
    "AppEnvironment",
    "AppType",
    "AttentionReason",
    "CapabilityURL",
    "ConnectLink",
    "ConsentSnapshot",
    "DeliveryState",
    "EventCause",
    "Held",
    "InitReceipt",
    "InvalidTransition",
    "Media",
    "MediaCheck",
    "MediaKind",
    "MediaSource",
    "MediaState",
    "MediaType",
    "MediaUpload",
    "OutageKind",
    "Person",
    "PkceMode",
    "Post",
    "PostEvent",
    "PostMedia",
    "PostMode",
    "PostState",
    "Quarantine",
    "RateWindow",
    "RefusalReason",
    "StaleState",
    "Submission",
    "TikTokAccount",
    "TikTokApp",
    "TikTokCredential",
    "TikTokOutage",
    "Way",
    "WebhookDelivery",
    "WebhookRefusal",
    "WorkItem",
    "shown_status",
]
