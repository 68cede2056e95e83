"""Users.

Username and e-mail address are unique in every spelling that people would take for the same text:
a key of each, made by ``fold`` or ``fold_address``, has a unique constraint.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Case, F, QuerySet, When
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.address_book import Address
from accounts.addresses import fold, fold_address
from accounts.email_changes import EmailChange
from accounts.passwords import normalize_password, spellings
from shop.core.metadata import HasMetadata
from shop.core.permissions import sees_all
from shop.engine import columns_of, instance_of, select

__all__ = [
    "KEY_LENGTH",
    "Address",
    "EmailChange",
    "User",
    "login_key",
    "user_of_email",
    "user_of_username",
]

KEY_LENGTH = 255 * 4  # NFKC and case folding can turn one character into several
PHONE_LENGTH = 16  # E.164: a plus and 15 digits
LANGUAGE_LENGTH = 10


def login_key(text: str) -> str:
    """Return the key of a username or an e-mail address, whichever the text is."""
    key = fold(text)
    return fold_address(text) if "@" in key else key


validate_username = RegexValidator(
    r"\A[\w.+-]+\Z", _("Use letters, digits and . + - _ only; no @."), code="invalid"
)


def validate_foldable(text: str) -> None:
    """Raise ValidationError if the key is too long: a ligature can become 18 letters."""
    if len(text) > KEY_LENGTH or len(login_key(text)) > KEY_LENGTH:
        raise ValidationError(
            _("This text is too long once its ligatures are replaced by single letters.")
        )


def _normalized(password: str | None) -> str | None:
    return None if password is None else normalize_password(password)


_TAKEN = {
    "username": _("A user with this username already exists, perhaps in another spelling."),
    "email": _("A user with this e-mail address already exists, perhaps in another spelling."),
}


_WRITTEN_BY_UPDATES = frozenset({"id", "token_version", "email_verified_at", "deleted_at"})
"""Columns of an existing row that ``save`` does not write from an instance."""


class ShopUserManager(UserManager["User"]):
    """Finds users by username or e-mail address, in any spelling."""

    use_in_migrations = False  # migrations import no code that may change

    def visible_to(self, user: User) -> models.QuerySet[User]:
        """Return only the user; all users for staff with the permission to view them."""
        return self.all() if sees_all(user, "accounts.user") else self.filter(pk=user.pk)

    def create_user(
        self,
        username: str,
        email: str | None = None,
        password: str | None = None,
        **extra_fields: Any,
    ) -> User:
        """Create a user. Django would hash the password as it was typed."""
        return super().create_user(username, email, _normalized(password), **extra_fields)

    def create_superuser(
        self,
        username: str,
        email: str | None = None,
        password: str | None = None,
        **extra_fields: Any,
    ) -> User:
        """Create a superuser. Django would hash the password as it was typed."""
        return super().create_superuser(username, email, _normalized(password), **extra_fields)

    def get_by_natural_key(self, username: str | None) -> User:
        """Return the user of a username or an e-mail address. Raises DoesNotExist.

        Django's authentication backend calls this, so that API and admin accept the same names.
        """
        key = login_key(username or "")
        user = user_of_email.row(key=key) if "@" in key else user_of_username.row(key=key)
        if user is None:
            raise User.DoesNotExist("No user has this name or address.")
        return user


class User(HasMetadata, AbstractUser):
    """A customer or a member of staff."""

    username = models.CharField(
        max_length=150,
        unique=True,  # required by Django (auth.E003); username_key is stricter
        validators=[validate_username],
        help_text="Up to 150 letters, digits and . + - _; no @, so that no name is an address.",
    )
    email = models.EmailField(max_length=254)
    username_key = models.CharField(max_length=KEY_LENGTH, unique=True, editable=False)
    email_key = models.CharField(max_length=KEY_LENGTH, unique=True, editable=False)
    token_version = models.PositiveIntegerField(
        default=0, editable=False, help_text="Every token carries it; a step up ends every login."
    )
    phone = models.CharField(
        max_length=PHONE_LENGTH,
        blank=True,
        default="",
        db_default="",
        help_text="In international form, such as +441632960961.",
    )
    language = models.CharField(
        max_length=LANGUAGE_LENGTH,
        blank=True,
        default="",
        db_default="",
        help_text="The language of e-mails, and of errors if a request asks for none.",
    )
    email_verified_at = models.DateTimeField(
        null=True, editable=False, help_text="When a link that was sent to the address was used."
    )
    deleted_at = models.DateTimeField(
        null=True, editable=False, help_text="When the user deleted the account."
    )

    objects: ClassVar[ShopUserManager] = ShopUserManager()

    class Meta(AbstractUser.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=~models.Q(username__contains="@"),
                name="user_name_is_no_address",
                violation_error_message=_("A username cannot contain @."),
            ),
            models.CheckConstraint(
                condition=models.Q(deleted_at=None) | models.Q(is_active=False),
                name="user_deleted_is_not_active",
                violation_error_message=_("An account that was deleted cannot be active."),
            ),
        ]

        indexes: ClassVar[list[models.Index]] = [
            # manage.py cleanup
            models.Index(
                fields=["deleted_at"],
                condition=models.Q(deleted_at__isnull=False),
                name="user_deleted",
            ),
        ]

    def __str__(self) -> str:
        return self.username

    def clean(self) -> None:
        """Normalize the username, and check the lengths of the keys. The address is not changed."""
        # None if the form field is invalid.
        self.username = unicodedata.normalize("NFKC", self.username or "").strip()
        validate_foldable(self.username)
        validate_foldable(self.email or "")

    def validate_unique(self, exclude: Any = None) -> None:
        """Also compare the keys, so that the form in the admin names the field that is taken."""
        super().validate_unique(exclude=exclude)
        others = User.objects.exclude(pk=self.pk)
        taken = {
            name: _TAKEN[name]
            for name in ("username", "email")
            if others.filter(**{f"{name}_key": login_key(getattr(self, name) or "")}).exists()
        }
        if taken:
            raise ValidationError(taken)

    def unique_error_message(
        self, model_class: type[models.Model], unique_check: Sequence[str]
    ) -> ValidationError:
        """Name the field that people know, instead of its key."""
        if unique_check[0] in ("username_key", "email_key"):
            return ValidationError(_TAKEN[unique_check[0].removesuffix("_key")], code="unique")
        return super().unique_error_message(model_class, unique_check)

    def save(
        self,
        *,
        force_insert: bool | tuple[Any, ...] = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        """Set the keys and save. A changed password ends all sessions of the user.

        ``token_version`` of an existing row is only incremented by an expression, and never written
        from this instance, which may be outdated. The same is true of ``email_verified_at``, which
        is emptied if the address changes.
        """
        self._set_keys()
        if self._state.adding:
            super().save(
                force_insert=force_insert,
                force_update=force_update,
                using=using,
                update_fields=update_fields,
            )
            return
        fields = set(update_fields) if update_fields is not None else self._writable_fields()
        if fields & {"username", "email"}:
            fields |= {"username_key", "email_key"}
        expressions: dict[str, Any] = {}
        if "email" in fields:
            same = Case(When(email_key=self.email_key, then=F("email_verified_at")), default=None)
            expressions["email_verified_at"] = same
        # Django clears _password when it only upgrades the hash. The password is then unchanged.
        changed_password = getattr(self, "_password", None) is not None and "password" in fields
        if changed_password:
            expressions["token_version"] = F("token_version") + 1
        for name, expression in expressions.items():
            setattr(self, name, expression)
        super().save(force_update=force_update, using=using, update_fields=fields | {*expressions})
        if expressions:
            self.refresh_from_db(fields=[*expressions])

    def set_password(self, raw_password: str | None) -> None:
        """Set the password, in its normal form; None makes it unusable.

        For a login with a name that no user has, Django hashes the password of a new instance, so
        that the response takes as long as for a wrong password. That one is compared in every
        spelling, so an instance without a name hashes every spelling.
        """
        super().set_password(_normalized(raw_password))
        if raw_password is not None and not self.username:
            for spelling in spellings(raw_password)[1:]:
                make_password(spelling)

    def check_password(self, raw_password: str | None) -> bool:
        """Compare a password with the hash, which may have been made from another spelling."""
        if raw_password is None:
            return super().check_password(raw_password)
        compare = super().check_password
        return any(compare(spelling) for spelling in spellings(raw_password))

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Return what a session of the admin must contain; Django compares it in each request.

        It depends on the token version too, so that what ends all sessions of the API also ends
        those of the admin. For version 0 it is Django's own, which sessions from before contain.
        """
        if not self.token_version:
            return super()._get_session_auth_hash(secret)  # type: ignore[misc,no-any-return]
        text = f"{self.password} {self.token_version}"
        key_salt = "accounts.models.User.get_session_auth_hash"
        return salted_hmac(key_salt, text, secret=secret, algorithm="sha256").hexdigest()

    def _writable_fields(self) -> set[str]:
        names = {field.name for field in self._meta.concrete_fields}
        return names - _WRITTEN_BY_UPDATES - self.get_deferred_fields()

    def _set_keys(self) -> None:
        self.username_key, self.email_key = fold(self.username), fold_address(self.email)


def _user(*columns: Any) -> User:
    return instance_of(User, columns)


@select(_user)
def user_of_username(*, key: str) -> QuerySet[User, Any]:
    """The user of a folded username."""
    return User.objects.filter(username_key=key).values_list(*columns_of(User))


@select(_user)
def user_of_email(*, key: str) -> QuerySet[User, Any]:
    """The user of the key of an e-mail address."""
    return User.objects.filter(email_key=key).values_list(*columns_of(User))
