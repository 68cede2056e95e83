"""Images of products and their files."""
