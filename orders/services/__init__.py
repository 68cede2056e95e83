"""Every write of orders.

Each change of status is a guarded UPDATE: it changes the row only if ``orders.states`` allows the
new status after the present one. Stock, timeline and events are written in the same transaction,
and only if the UPDATE changed the row.
"""

from orders.errors import IllegalTransition
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
from orders.services.joining import join_orders_of_guests
from orders.services.lookup import request_link
from orders.services.placing import NO_FEE, Fee, Placed, place_once, place_order
from orders.services.refreshing import refresh_statuses
from orders.services.reordering import Reordered, reorder
from orders.services.statuses import (
    cancel_order,
    confirm_order,
    pay_free_order,
    record_payment,
    record_refund,
    release_vouchers,
    revoke_links,
)
from orders.services.timeline import note_event

__all__ = [
    "NO_FEE",
    "NO_TRACKING",
    "Fee",
    "IllegalTransition",
    "Placed",
    "Reordered",
    "Tracking",
    "begin_fulfilment",
    "cancel_fulfilment",
    "cancel_order",
    "confirm_order",
    "deliver_fulfilment",
    "deliver_order",
    "finish_fulfilment",
    "fulfil",
    "get_fulfilment",
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
    "set_fee",
    "ship_order",
]
