"""Linking TikTok accounts: connect, refresh, disconnect."""
