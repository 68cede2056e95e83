"""The option values of products with variants, by which lists are filtered."""
