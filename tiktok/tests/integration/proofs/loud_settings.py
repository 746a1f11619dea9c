"""The product's settings, logging everything that any library has to say."""

from config.settings import base
from config.settings.base import *  # noqa: F403 - settings are what a module holds

LOGGING = base.LOGGING | {"root": {"handlers": ["console"], "level": "DEBUG"}}
STORAGES = base.STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
