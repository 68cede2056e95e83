"""Invoices and credit notes: issued by the worker, once, with numbers that have no gap.

``content`` is what a document says, ``credits`` what a credit note takes back of each rate of tax,
``issuing`` stores both, ``handlers`` calls it after events, and ``pdf`` renders a document.
"""

from payments.invoices.credits import Credit, CreditedItem
from payments.invoices.issuing import issue_credit_note, issue_invoice, take_back

__all__ = ["Credit", "CreditedItem", "issue_credit_note", "issue_invoice", "take_back"]
