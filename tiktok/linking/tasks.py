"""The periodic work of linking; each function may run twice and at any time (settings.PERIODIC_JOBS)."""

from tiktok.linking import developer_apps, disconnect, endings, grants, upkeep


def finish_disconnects() -> None:
    """Take every account that is being disconnected one step further."""
    for account in disconnect.due_disconnects():
        disconnect.finish_disconnect(account)


def release_retired() -> None:
    """Give back permissions that no account uses since it moved to another app."""
    grants.release_retired()


def refresh_ahead() -> None:
    """Refresh access tokens before work needs them, and keep idle links alive."""
    upkeep.refresh_ahead()


def sync_profiles() -> None:
    """Read each active account's profile about once a day."""
    upkeep.sync_profiles()


def warn_of_endings() -> None:
    """Tell people whose account's permission ends soon."""
    endings.warn_of_endings()


def settle_secrets() -> None:
    """Drop client secrets that were changed and are of no use any more."""
    developer_apps.settle_secrets()
