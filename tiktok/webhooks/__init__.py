"""Webhooks: stored first, answered at once, applied once, and only to the app that they are for."""
