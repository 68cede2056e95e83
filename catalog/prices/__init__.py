"""List prices, sales, and current prices."""
