"""The list of products with filters and search, and the changes feed."""
