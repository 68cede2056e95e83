"""Images of products, and the files that hold them."""
