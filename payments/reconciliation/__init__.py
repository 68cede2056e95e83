"""Reconciliation with the payment providers, for ``manage.py reconcile_payments``."""

from payments.reconciliation.comparison import find_differences
from payments.reconciliation.differences import Difference
from payments.reconciliation.disputes import find_disputes
from payments.reconciliation.unsettled import find_unsettled

__all__ = ["Difference", "find_differences", "find_disputes", "find_unsettled"]
