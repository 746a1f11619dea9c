"""Connect links: one-time pages with which somebody without a login links their TikTok account to an instance."""
