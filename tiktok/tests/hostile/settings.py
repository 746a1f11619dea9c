"""The production settings, with static files of this run instead of those in the image."""

from config.settings.production import *  # noqa: F403 - settings are what a module holds
from config.settings.production import DATA_DIR

STATIC_ROOT = DATA_DIR / "static"
