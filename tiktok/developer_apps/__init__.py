"""Checks of TikTok apps, and the guide that leads staff through TikTok's portal."""
