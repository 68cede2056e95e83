"""Users for tests."""

from functools import cache

import factory
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission

from accounts.models import User

PASSWORD = "corr3ct-horse-battery"  # noqa: S105 - a password of test users


@cache
def _password_hash() -> str:
    """Return the hash of PASSWORD, computed once because the hasher is slow by design."""
    return make_password(PASSWORD)


class UserFactory(factory.django.DjangoModelFactory):
    """A customer whose password is PASSWORD."""

    class Meta:
        model = User

    username = factory.Sequence(lambda n: f"customer{n}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.com")
    password = factory.LazyFunction(_password_hash)


class StaffFactory(UserFactory):
    """A member of staff with all permissions."""

    username = factory.Sequence(lambda n: f"staff{n}")
    is_staff = True
    is_superuser = True


def staff_with(*permissions: str, group: str = "") -> User:
    """Create a member of staff with permissions such as "orders.view_order", or in a group.

    Raises DoesNotExist for a permission or group that does not exist.
    """
    user = UserFactory(is_staff=True)
    if permissions:
        grant(user, *permissions)
    if group:
        user.groups.add(Group.objects.get(name=group))
    return user


def grant(user: User, *permissions: str) -> None:
    """Let a user have these permissions, and no others of their own."""
    user.user_permissions.set(_permissions_named(set(permissions)))


def _permissions_named(names: set[str]) -> list[Permission]:
    codenames = [name.partition(".")[2] for name in names]
    found = Permission.objects.filter(codename__in=codenames).select_related("content_type")
    wanted = [one for one in found if f"{one.content_type.app_label}.{one.codename}" in names]
    if len(wanted) != len(names):
        raise Permission.DoesNotExist
    return wanted
