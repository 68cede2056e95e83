"""The ground floor: errors, input, money, idempotency, rate limits and pages for every app."""
