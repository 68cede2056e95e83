"""Money in, money out."""
