"""Hostile input against a real server: ``python -m shop.testing.hostile``."""
