"""Messages to the next page, in a cookie whose name has the prefix of this deployment's other cookies."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class PrefixedCookieStorage(CookieStorage):
    """Django fixes the name of this cookie in its class, not in the settings."""

    cookie_name = f"{settings.COOKIE_PREFIX}messages"


class PrefixedStorage(FallbackStorage):
    """As Django's default: the cookie first, the session for what does not fit."""

    storage_classes = (PrefixedCookieStorage, SessionStorage)
