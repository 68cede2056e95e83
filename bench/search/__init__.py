"""A benchmark of the search: which products are found, and how fast."""
