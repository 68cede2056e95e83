"""Shipping methods and their rates."""
