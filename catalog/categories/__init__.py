"""Categories, which form a tree."""
