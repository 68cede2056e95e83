"""How passwords are kept."""

from functools import cache
from threading import BoundedSemaphore

from django.contrib.auth.hashers import Argon2PasswordHasher

from shop.engine.server.processes import processors


class ShopArgon2PasswordHasher(Argon2PasswordHasher):
    """Argon2id at the minimum of OWASP's Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane.

    As many at once as the process may use processors: more would take turns, and each find its
    memory gone from the processor's cache.
    """

    memory_cost = 19 * 1024
    time_cost = 2
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        """Return what is kept of a password, once it is this thread's turn."""
        with _turns():
            return str(super().encode(password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        """Return whether it is the password, once it is this thread's turn."""
        with _turns():
            return bool(super().verify(password, encoded))


@cache
def _turns() -> BoundedSemaphore:
    """Made with the first password, when a worker keeps to its processor already."""
    return BoundedSemaphore(processors())
