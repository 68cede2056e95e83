"""Users for tests."""

import factory
from django.contrib.auth.hashers import make_password

from accounts.models import User

PASSWORD = "corr3ct-horse-battery"
# Hashed once: a real hash of the real hasher, without its cost for each user.
_HASH = factory.LazyFunction(lambda: _hash_once())
_hashes: list[str] = []


def _hash_once() -> str:
    if not _hashes:
        _hashes.append(make_password(PASSWORD))
    return _hashes[0]


class UserFactory(factory.django.DjangoModelFactory):
    """A customer whose password is PASSWORD."""

    class Meta:
        model = User

    username = factory.Sequence(lambda n: f"customer{n}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.com")
    password = _HASH


class StaffFactory(UserFactory):
    """A member of staff who may do everything."""

    username = factory.Sequence(lambda n: f"staff{n}")
    is_staff = True
    is_superuser = True
