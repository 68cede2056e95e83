"""Stock and stock movements."""
