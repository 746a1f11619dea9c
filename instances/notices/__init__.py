"""Notifications: written with the event, listed behind the bell, sent in email digests."""
