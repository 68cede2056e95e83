"""Orders: what was bought at which price, and what has happened to it since."""
