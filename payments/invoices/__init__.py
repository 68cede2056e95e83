"""Invoices and credit notes: issued by the worker, once, with numbers that have no gap.

``content`` is what a document says, ``credits`` the tax of a credit note, ``issuing`` stores both,
``correcting`` decides what is credited, ``handlers`` calls them after events, and ``pdf`` renders a
document.
"""

from payments.invoices.credits import Credit, CreditedItem
from payments.invoices.issuing import issue_credit_note, issue_invoice, take_back

__all__ = ["Credit", "CreditedItem", "issue_credit_note", "issue_invoice", "take_back"]
