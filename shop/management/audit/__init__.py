"""The checks of ``manage.py audit``, in SQL over the whole database."""
