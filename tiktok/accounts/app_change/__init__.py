"""The same TikTok user connected through another app: recognised, confirmed by a person, and moved."""
