"""What TikTok tells us unasked: stored first, answered at once, applied once, and only to the app that it is for."""
