"""The change log of products: which value was changed, by whom and how."""
