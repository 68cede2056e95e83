"""Notes of staff about an order."""

from accounts.models import User
from orders.models import OrderNote
from orders.services.timeline import note_event, record_event
from shop.core.transactions import transactional


@transactional
def add_note(*, order_id: int, author: User, text: str, is_public: bool = False) -> OrderNote:
    """Add a note to an order. The buyer sees a public one, and gets it by e-mail.

    The timeline says that there is a public note; an internal one leaves no trace that buyers see.
    """
    note = OrderNote.objects.create(
        order_id=order_id, text=text, is_public=is_public, author=author
    )
    if is_public:
        note_event(order_id=order_id, note="Note added", actor=author)
    record_event(order_id, "note_added", note_id=note.pk, is_public=is_public)
    return note
