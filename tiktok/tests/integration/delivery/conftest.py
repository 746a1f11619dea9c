"""The stage of tests about TikTok's webhooks."""

from tiktok.tests.integration.webhooks.stage import stage

__all__ = ["stage"]
