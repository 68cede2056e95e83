"""Signal receivers that write logins and changes of permissions to the security log."""

from functools import partial
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.db import transaction
from django.db.models.signals import m2m_changed, pre_save
from django.dispatch import receiver

from accounts.addresses import fold
from accounts.models import User
from shop.core.security_log import digest_of, log_security

_PRIVILEGES = ("is_active", "is_staff", "is_superuser")
_CHANGES = ("post_add", "post_remove", "post_clear")


@receiver(user_logged_in)
def log_admin_login(user: User, **_: Any) -> None:
    """Log that a session of the admin began. ``accounts.services`` logs logins to the API."""
    log_security("login.admin", user_id=user.pk)


@receiver(user_login_failed)
def log_failed_login(credentials: dict[str, Any], **_: Any) -> None:
    """Log a failed login, to the API or the admin, with the account if there is one."""
    name = str(credentials.get("username", ""))
    account: dict[str, Any]
    try:
        account = {"account_id": User.objects.get_by_natural_key(name).pk}
    except User.DoesNotExist:
        account = {"name_digest": digest_of(fold(name))}
    log_security("login.failed", suspicious=True, **account)


@receiver(m2m_changed, sender=User.groups.through)
@receiver(m2m_changed, sender=User.user_permissions.through)
@receiver(m2m_changed, sender=Group.permissions.through)
def log_permissions(
    instance: User | Group, action: str, model: type[Any], pk_set: set[int] | None, **_: Any
) -> None:
    """Log that groups or permissions of a user, or permissions of a group, have changed."""
    if action not in _CHANGES or not (pk_set or action == "post_clear"):
        return
    facts: dict[str, Any] = {
        "target": f"{type(instance).__name__.lower()} {instance.pk}",
        "change": action.removeprefix("post_"),
        "kind": model.__name__.lower(),
        "ids": sorted(pk_set or ()),
    }
    transaction.on_commit(partial(log_security, "permissions.changed", **facts))


@receiver(pre_save, sender=User)
def log_privileges(instance: User, update_fields: Any = None, **_: Any) -> None:
    """Log that a user becomes or ceases to be active, staff or a superuser."""
    if instance.pk is None:
        granted = [name for name in _PRIVILEGES if getattr(instance, name)]
        changes = dict.fromkeys(granted, True) if "is_staff" in granted else {}
    else:
        names = [name for name in _PRIVILEGES if update_fields is None or name in update_fields]
        stored = User.objects.filter(pk=instance.pk).values(*names).first() if names else None
        changes = {
            name: getattr(instance, name)
            for name, value in (stored or {}).items()
            if getattr(instance, name) != value
        }
    if changes:
        facts = {"account": instance.username if instance.pk is None else instance.pk, **changes}
        transaction.on_commit(partial(log_security, "privileges.changed", **facts))
