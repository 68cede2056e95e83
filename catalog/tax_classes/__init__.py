"""Tax classes: groups of products that are taxed alike, such as books."""
