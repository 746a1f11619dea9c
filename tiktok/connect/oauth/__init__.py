"""allauth's TikTok provider, subclassed: it carries the OAuth dance for linking and never signs anybody in.

A package of its own because allauth mounts the ``urls`` module that stands beside the provider class.
"""
