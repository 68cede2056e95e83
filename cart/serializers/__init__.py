"""Request and response bodies of carts."""
