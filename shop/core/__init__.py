"""The base layer of the apps: errors, input, money, idempotency, rate limits, events, pages."""
