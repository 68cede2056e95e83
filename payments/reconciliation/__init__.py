"""Reconciliation with the payment providers, for ``manage.py reconcile_payments``."""

from payments.reconciliation.comparison import (
    Difference,
    find_differences,
    find_failed_late_refunds,
)

__all__ = ["Difference", "find_differences", "find_failed_late_refunds"]
