"""``manage.py demo``: a living product with a simulated TikTok, filled by really running the product's flows.

Everything goes over HTTP, as a person's browser and a program would do it; no row is written from here.
"""
