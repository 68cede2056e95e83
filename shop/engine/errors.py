"""The SQLSTATE of database errors."""


def sqlstate(error: BaseException) -> str:
    """Return the five-character SQLSTATE of a PostgreSQL error, or "" if it has none."""
    cause = error.__cause__
    # psycopg 3 calls it sqlstate, psycopg2 pgcode.
    return getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None) or ""
