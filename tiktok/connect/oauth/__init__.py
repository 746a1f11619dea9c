"""allauth's TikTok provider, subclassed: it runs the OAuth flow that connects accounts, and never signs people in.

A package of its own because allauth mounts the ``urls`` module next to the provider class.
"""
