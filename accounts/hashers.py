"""How passwords are kept."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class ShopArgon2PasswordHasher(Argon2PasswordHasher):
    """Argon2id at the minimum of OWASP's Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane."""

    memory_cost = 19 * 1024
    time_cost = 2
    parallelism = 1
