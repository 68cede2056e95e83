"""Related products, which the worker finds."""
