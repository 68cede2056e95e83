"""What other apps do when an account changes, in the transaction of the change."""

from accounts.models import User
from shop.core.hooks import Hook

on_email_verified: Hook[[User]] = Hook()
"""``on_email_verified(handler)`` adds ``handler(user)``.

It is called when ``user.email_key`` has become verified, with the user locked and
``user.email_verified_at`` set. Orders attaches the orders that guests placed with this address.
"""

on_account_deleted: Hook[[User]] = Hook()
"""``on_account_deleted(handler)`` adds ``handler(user)``.

It is called when an account is deleted, with the user locked, before its names are replaced: it
deletes or clears the personal data of the user in its tables, and keeps what orders must keep.
"""
