"""What can be wrong with TikTok apps, and the guide that walks staff through TikTok's portal."""
