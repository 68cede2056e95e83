"""Tests of webhooks and of the feed of events."""
