"""The messages about accounts, to the address of the user."""

from shop.mail.mails import Mail

MAILS: tuple[Mail, ...] = ()
