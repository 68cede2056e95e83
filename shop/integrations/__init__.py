"""Outgoing webhooks, and the feed of events: what other systems learn of the shop."""
