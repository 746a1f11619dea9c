"""An app, a credential and an account that the simulated TikTok knows."""

from tiktok.tests.fixtures_credentials import account, app, credential, sim

__all__ = ["account", "app", "credential", "sim"]
