"""Every write of accounts.

A write of an existing user is a guarded update, or locks the row of the user first.
"""

from accounts.services.address_book import add_address, change_address, delete_address
from accounts.services.deletion import delete_account
from accounts.services.email_changes import request_email_change
from accounts.services.passwords import change_password, request_password_reset, reset_password
from accounts.services.profile import change_profile
from accounts.services.sessions import (
    Registered,
    log_in,
    log_out,
    log_out_everywhere,
    register,
)
from accounts.services.verification import request_verification, verify_email

__all__ = [
    "Registered",
    "add_address",
    "change_address",
    "change_password",
    "change_profile",
    "delete_account",
    "delete_address",
    "log_in",
    "log_out",
    "log_out_everywhere",
    "register",
    "request_email_change",
    "request_password_reset",
    "request_verification",
    "reset_password",
    "verify_email",
]
