"""Benchmarks: ``python -m tiktok.tests.bench [ROW …]`` prints a table. Measured, never asserted."""
