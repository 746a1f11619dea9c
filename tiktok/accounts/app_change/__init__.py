"""The same TikTok user linked through another app: recognised, asked about, and moved to the new link."""
