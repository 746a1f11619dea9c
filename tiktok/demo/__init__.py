"""``manage.py demo``: the product with a simulated TikTok, filled by really running the product's flows.

Everything goes over HTTP, as from a person's browser and an API client; no row is written from here.
"""
