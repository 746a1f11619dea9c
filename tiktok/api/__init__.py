"""TikTok's HTTP API, typed: standard library and requests, no Django, no settings, no database."""
