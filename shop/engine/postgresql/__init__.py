"""Django's PostgreSQL backend with prepared statements and fewer round trips."""
