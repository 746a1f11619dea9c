"""Fixtures that every test of this app may ask for."""

from tiktok.tests.fixtures_simulator import tiktok, tiktok_process

__all__ = ["tiktok", "tiktok_process"]
