"""The URL prefix of a TikTok app: TikTok downloads photos, and videos if asked to, only below a verified prefix."""
