"""The demo shop that ``manage.py seed_demo`` loads."""
