"""Reconciliation with the payment providers, for ``manage.py reconcile_payments``."""

from payments.reconciliation.comparison import Difference, differences, failed_late_refunds

__all__ = ["Difference", "differences", "failed_late_refunds"]
