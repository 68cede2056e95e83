"""Usernames for customers who register without one."""

import re
import secrets

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without letters that look like digits
_SUFFIX_LENGTH = 8
_MAX_STEM = 40
_OTHERS = re.compile(r"[^a-z0-9._-]+", re.ASCII)


def make_username(email: str) -> str:
    """Return a new username, such as ``ada-7kq2m9xw`` for ``ada@example.com``.

    It has a random ending in any case, so that it does not show whether a name is taken.
    """
    stem = _OTHERS.sub("", email.partition("@")[0].lower())[:_MAX_STEM].strip("._-")
    suffix = "".join(secrets.choice(_ALPHABET) for _ in range(_SUFFIX_LENGTH))
    return f"{stem or 'user'}-{suffix}"
