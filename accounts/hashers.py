"""How passwords are hashed."""

from functools import cache
from threading import BoundedSemaphore

from django.contrib.auth.hashers import Argon2PasswordHasher

from shop.engine.server.processes import processors


class ShopArgon2PasswordHasher(Argon2PasswordHasher):
    """Argon2id with the minimum of OWASP's Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane.

    A process hashes at most as many passwords at the same time as it may use processors. More
    would share the processors and evict each other's memory from their caches.
    """

    memory_cost = 19 * 1024
    time_cost = 2
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        """Hash a password. May wait until other threads have finished."""
        with _slots():
            return str(super().encode(password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        """Compare a password with a hash. May wait until other threads have finished."""
        with _slots():
            return bool(super().verify(password, encoded))


@cache
def _slots() -> BoundedSemaphore:
    """Return the semaphore of this process.

    Created for the first password and not on import: a worker may be pinned to processors at its
    start, after this module was imported.
    """
    return BoundedSemaphore(processors())
