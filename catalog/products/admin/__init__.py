"""The admin of products and variants."""
