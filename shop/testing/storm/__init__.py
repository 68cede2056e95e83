"""Purchases from many clients while workers and database die: nothing may be lost or doubled."""
