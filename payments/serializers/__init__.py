"""Shapes of payments and refunds."""
