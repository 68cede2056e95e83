"""Every write of orders.

Each change of status is a guarded UPDATE: it changes the row only if ``orders.states`` allows the
new status after the present one. Stock, timeline and events are written in the same transaction,
and only if the UPDATE changed the row.
"""

from orders.errors import IllegalTransition
from orders.services.contact import change_contact
from orders.services.drafts import accept_draft, send_draft
from orders.services.fees import set_fee
from orders.services.joining import join_orders_of_guests
from orders.services.lookup import request_link
from orders.services.notes import add_note
from orders.services.placing import NO_FEE, Fee, Placed, place_once, place_order
from orders.services.refreshing import refresh_statuses
from orders.services.reordering import Reordered, reorder
from orders.services.statuses import (
    cancel_order,
    confirm_order,
    deliver_order,
    pay_free_order,
    record_payment,
    record_refund,
    release_vouchers,
    revoke_links,
    ship_order,
)
from orders.services.timeline import note_event
from orders.services.withdrawals import declare_withdrawal, handle_withdrawal

__all__ = [
    "NO_FEE",
    "Fee",
    "IllegalTransition",
    "Placed",
    "Reordered",
    "accept_draft",
    "add_note",
    "cancel_order",
    "change_contact",
    "confirm_order",
    "declare_withdrawal",
    "deliver_order",
    "handle_withdrawal",
    "join_orders_of_guests",
    "note_event",
    "pay_free_order",
    "place_once",
    "place_order",
    "record_payment",
    "record_refund",
    "refresh_statuses",
    "release_vouchers",
    "reorder",
    "request_link",
    "revoke_links",
    "send_draft",
    "set_fee",
    "ship_order",
]
