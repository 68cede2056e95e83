"""Django's backend for SQLite, which knows without asking that JSON is there."""
