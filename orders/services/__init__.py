"""Every write of orders.

Each change of status is a guarded UPDATE: it changes the row only if ``orders.states`` allows the
new status after the present one. Stock, timeline and events are written in the same transaction,
and only if the UPDATE changed the row.
"""

from orders.errors import IllegalTransition
from orders.services.cancellations import Cancelled, cancel_items, cancellable_units
from orders.services.contact import change_contact, may_change_contact
from orders.services.destinations import addresses_of
from orders.services.drafts import send_draft
from orders.services.fees import set_fee
from orders.services.fulfilling import (
    NO_TRACKING,
    Tracking,
    begin_fulfilment,
    cancel_fulfilment,
    deliver_fulfilment,
    deliver_order,
    finish_fulfilment,
    fulfil,
    get_fulfilment,
    ship_order,
)
from orders.services.holds import flag_dispute, hold_shipping, release_shipping
from orders.services.items import items_of
from orders.services.joining import join_account_of_address, join_orders_of_guests
from orders.services.lookup import request_link
from orders.services.notes import add_note
from orders.services.placing import NO_FEE, Fee, Placed, place_once, place_order
from orders.services.refreshing import refresh_statuses
from orders.services.refunding import (
    part_of,
    release_units,
    reserve_units,
    restockable,
    shipping_of,
)
from orders.services.reordering import Reordered, reorder
from orders.services.returns import (
    approve_return,
    close_refunded_return,
    close_return,
    receive_return,
    refundable_units,
    reject_return,
    request_return,
)
from orders.services.shares import due_with_fulfilments, worth_of_fulfilments
from orders.services.statuses import (
    cancel_order,
    confirm_order,
    pay_free_order,
    record_further_payment,
    record_payment,
    record_refund,
    release_vouchers,
    reverse_refund,
    revoke_links,
)
from orders.services.timeline import note_event
from orders.services.withdrawals import (
    accept_withdrawal,
    declare_withdrawal,
    handle_withdrawal,
    link_withdrawal,
)

__all__ = [
    "NO_FEE",
    "NO_TRACKING",
    "Cancelled",
    "Fee",
    "IllegalTransition",
    "Placed",
    "Reordered",
    "Tracking",
    "accept_withdrawal",
    "add_note",
    "addresses_of",
    "approve_return",
    "begin_fulfilment",
    "cancel_fulfilment",
    "cancel_items",
    "cancel_order",
    "cancellable_units",
    "change_contact",
    "close_refunded_return",
    "close_return",
    "confirm_order",
    "declare_withdrawal",
    "deliver_fulfilment",
    "deliver_order",
    "due_with_fulfilments",
    "finish_fulfilment",
    "flag_dispute",
    "fulfil",
    "get_fulfilment",
    "handle_withdrawal",
    "hold_shipping",
    "items_of",
    "join_account_of_address",
    "join_orders_of_guests",
    "link_withdrawal",
    "may_change_contact",
    "note_event",
    "part_of",
    "pay_free_order",
    "place_once",
    "place_order",
    "receive_return",
    "record_further_payment",
    "record_payment",
    "record_refund",
    "refresh_statuses",
    "refundable_units",
    "reject_return",
    "release_shipping",
    "release_units",
    "release_vouchers",
    "reorder",
    "request_link",
    "request_return",
    "reserve_units",
    "restockable",
    "reverse_refund",
    "revoke_links",
    "send_draft",
    "set_fee",
    "ship_order",
    "shipping_of",
    "worth_of_fulfilments",
]
