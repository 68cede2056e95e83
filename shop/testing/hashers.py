"""The hasher of passwords in tests, which create many users and log in often."""

from accounts.hashers import ShopArgon2PasswordHasher


class CheapPasswordHasher(ShopArgon2PasswordHasher):
    """As in the shop, but with 64 KiB and 1 pass, which takes a hundredth of the time."""

    memory_cost = 64
    time_cost = 1
