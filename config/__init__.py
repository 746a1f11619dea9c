"""Wiring only: names apps by string and imports none of them."""
