"""Request and response bodies of products."""
