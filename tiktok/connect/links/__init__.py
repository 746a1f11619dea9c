"""Connect links: one-time pages on which an account owner without a login connects their TikTok account."""
