"""The errors of accounts."""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from shop.core.errors import Conflict, ShopError, Unauthorized
from shop.core.handlers import InvalidToken


class InvalidCredentials(Unauthorized):
    """401 for every failed login: the response does not say what was wrong."""

    code = "invalid_credentials"
    message = _("No active account has this username and password.")


class BearerExpected(InvalidToken):
    """401: the Authorization header has another scheme, or not exactly one token."""

    message = _('Use "Authorization: Bearer <token>", with one token.')


class UsernameTaken(Conflict):
    """409: a user has this username, perhaps in another spelling (``accounts.addresses.fold``)."""

    code = "username_taken"
    field = "username"
    message = _("This username is taken. Please choose another one.")


class StaffProtected(ShopError):
    """403: members of staff are changed by superusers only."""

    status = 403
    code = "permission_denied"
    message = _("Only superusers change other members of staff.")


class EmailTaken(Conflict):
    """409: a user has this address, perhaps in another spelling (``accounts.addresses.fold``)."""

    code = "email_taken"
    field = "email"
    message = _("This e-mail address already has an account. Log in, or use another address.")


class WrongPassword(ShopError):
    """400: the password of a signed-in user is wrong. Facts: field, the member of the request."""

    code = "wrong_password"
    message = _("This is not your password.")
    example: ClassVar[dict[str, Any]] = {"field": "current"}


class LinkInvalid(ShopError):
    """400: a link from a mail is malformed, was used, or has expired: the response is the same."""

    code = "link_invalid"
    message = _("This link was used already or has expired. Please ask for a new one.")


class EmailAlreadyVerified(Conflict):
    """409: the address needs no link any more."""

    code = "email_already_verified"
    message = _("Your e-mail address is already verified.")


class StaffKept(ShopError):
    """403: members of staff cannot delete their accounts: the history of orders names them."""

    status = 403
    code = "permission_denied"
    message = _("Accounts of staff are ended by a superuser.")


class AddressBookFull(Conflict):
    """409. Facts: limit, the largest number of addresses of a user."""

    code = "address_book_full"
    message = _("Your address book is full. It can have up to {limit} addresses.")
    example: ClassVar[dict[str, Any]] = {"limit": 50}
