"""Promotions, and the vouchers that are their codes."""
