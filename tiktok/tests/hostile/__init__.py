"""The laboratory of hostile clients: half-sent requests, slow lines, slow readers and bombs, all at once.

``make hostile SETUP=embedded|services SCALE=1 SEED=1`` starts the product as an operator does, measures honest pages
on a quiet server, attacks it, and measures them again. Loopback only; every loop is bounded. See docs/laboratory.md.
"""
