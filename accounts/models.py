"""Users: a name and an e-mail address, each unique as people read them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, QuerySet

from shop.core.metadata import HasMetadata
from shop.engine import columns_of, instance_of, select

KEY_LENGTH = 255 * 4  # NFKC and case folding can make one character of a name several


def fold(text: str) -> str:
    """Return the key under which a name or an address is unique: trimmed, NFKC, case folded.

    NFKC again after folding, since folding can leave a text that is not normalised (Unicode
    Standard, section 3.13, D146).
    """
    folded = unicodedata.normalize("NFKC", text.strip()).casefold()
    return unicodedata.normalize("NFKC", folded)


validate_username = RegexValidator(
    r"\A[\w.+-]+\Z", "Use letters, digits and . + - _ only; no @.", code="invalid"
)


def validate_foldable(text: str) -> None:
    """Refuse the rare text whose key outgrows its column: one ligature can fold to 18 letters."""
    if len(fold(text)) > KEY_LENGTH:
        raise ValidationError("Use fewer ligatures: the text is too long when written out.")


class ShopUserManager(UserManager["User"]):
    """Finds users by name or address, in any spelling that folds to the same key."""

    use_in_migrations = False  # history must not run today's code

    def visible_to(self, user: User) -> models.QuerySet[User]:
        """Return the user alone; all users for staff."""
        return self.all() if user.is_staff else self.filter(pk=user.pk)

    def get_by_natural_key(self, username: str | None) -> User:
        """Return the user of a username or an e-mail address. Raises DoesNotExist.

        Django's authentication backend asks this, so the API and the admin log in alike.
        """
        key = fold(username or "")
        user = user_of_email.row(key=key) if "@" in key else user_of_username.row(key=key)
        if user is None:
            raise User.DoesNotExist("No user has this name or address.")
        return user


class User(HasMetadata, AbstractUser):
    """A customer or a member of staff."""

    username = models.CharField(
        max_length=150,
        unique=True,  # Django asks for it; username_key is the stricter rule
        validators=[validate_username],
        help_text="Up to 150 letters, digits and . + - _; no @, so that no name is an address.",
    )
    email = models.EmailField(max_length=254)
    username_key = models.CharField(max_length=KEY_LENGTH, unique=True, editable=False)
    email_key = models.CharField(max_length=KEY_LENGTH, unique=True, editable=False)
    token_version = models.PositiveIntegerField(
        default=0, editable=False, help_text="Every token carries it; a step up ends every login."
    )

    objects: ClassVar[ShopUserManager] = ShopUserManager()

    class Meta(AbstractUser.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=~models.Q(username__contains="@"),
                name="user_name_is_no_address",
                violation_error_message="A username cannot contain @.",
            ),
        ]

    def __str__(self) -> str:
        return self.username

    def clean(self) -> None:
        """Normalise the username and bound the keys; the address stays as its owner wrote it."""
        # A form whose field was refused leaves None there.
        self.username = unicodedata.normalize("NFKC", self.username or "").strip()
        validate_foldable(self.username)
        validate_foldable(self.email or "")

    def validate_unique(self, exclude: Any = None) -> None:
        """Compare by key too, so that the admin's form says what the constraints would."""
        super().validate_unique(exclude=exclude)
        others = User.objects.exclude(pk=self.pk)
        taken = {
            name: f"A user with this {name} exists already, perhaps in another spelling."
            for name in ("username", "email")
            if others.filter(**{f"{name}_key": fold(getattr(self, name) or "")}).exists()
        }
        if taken:
            raise ValidationError(taken)

    def save(
        self,
        *,
        force_insert: bool | tuple[Any, ...] = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        """Save with the keys set; a changed password ends every login of the user.

        ``token_version`` of an existing row is written by increments alone, never from memory.
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
        fields = set(update_fields) if update_fields is not None else self._own_fields()
        if fields & {"username", "email"}:
            fields |= {"username_key", "email_key"}
        # Django clears _password where it only renews the hash: that is no change of password.
        changed_password = getattr(self, "_password", None) is not None and "password" in fields
        if changed_password:
            self.token_version = F("token_version") + 1
            fields.add("token_version")
        super().save(force_update=force_update, using=using, update_fields=fields)
        if changed_password:
            self.refresh_from_db(fields=["token_version"])

    def _own_fields(self) -> set[str]:
        names = {field.name for field in self._meta.concrete_fields}
        return names - {"id", "token_version"} - self.get_deferred_fields()

    def _set_keys(self) -> None:
        self.username_key, self.email_key = fold(self.username), fold(self.email)


def _user(*columns: Any) -> User:
    return instance_of(User, columns)


@select(_user)
def user_of_username(*, key: str) -> QuerySet[User, Any]:
    """The user of a folded username."""
    return User.objects.filter(username_key=key).values_list(*columns_of(User))


@select(_user)
def user_of_email(*, key: str) -> QuerySet[User, Any]:
    """The user of a folded e-mail address."""
    return User.objects.filter(email_key=key).values_list(*columns_of(User))
