"""Carts: what a user wants to buy, and what it costs at current prices."""
