"""Request and response bodies of payments and refunds."""
