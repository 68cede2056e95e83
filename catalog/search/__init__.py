"""Which products a reader of the list is looking for, and which have changed."""
