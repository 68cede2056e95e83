"""Let the previous release, which knows no payment of a part, work beside this one.

It must not begin a payment of the whole order in addition to one of a part. The error makes it
respond with 503, so that the client repeats the request, until this release gets it. And when it
ends a payment that this release began, it does not know that the order is covered by less.

Requests to this release set ``request_id``, and its failed payments are recomputed by it, so that
the first trigger never fires for it, and the second finds nothing to change.
"""

from django.db import migrations

from shop.core.operations import RunOnPostgreSQL

FORWARDS = (
    """
    CREATE FUNCTION payments_refuse_beside_parts() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (
            SELECT FROM payments_payment WHERE order_id = NEW.order_id
            AND is_partial AND NOT is_late AND status NOT IN ('failed', 'cancelled')
        ) THEN
            RAISE EXCEPTION 'A part of this order is paid or being paid.'
                USING ERRCODE = 'lock_not_available';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER payment_not_beside_parts BEFORE INSERT ON payments_payment
    FOR EACH ROW WHEN (NEW.request_id IS NULL AND NOT NEW.is_partial)
    EXECUTE FUNCTION payments_refuse_beside_parts()
    """,
    # An order whose payments are given back one by one is changed with the last of them.
    """
    CREATE FUNCTION payments_cover_less() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE orders_order SET amount_committed = LEAST(live.covered, total)
        FROM (
            SELECT COALESCE(SUM(CASE
                WHEN status IN ('pending', 'requires_action', 'processing', 'authorised')
                THEN amount
                WHEN status IN ('succeeded', 'refunded') AND NOT is_late
                THEN amount_captured + amount_capturable
                ELSE 0 END), 0) AS covered
            FROM payments_payment WHERE order_id = NEW.order_id
        ) live
        WHERE id = NEW.order_id AND amount_committed > LEAST(live.covered, total)
            AND (live.covered = 0 OR amount_paid <= live.covered);
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER payment_covers_less AFTER UPDATE OF status ON payments_payment
    FOR EACH ROW WHEN (
        NEW.status <> OLD.status AND NEW.status IN ('failed', 'cancelled', 'refund_pending')
    )
    EXECUTE FUNCTION payments_cover_less()
    """,
)
BACKWARDS = (
    "DROP TRIGGER payment_covers_less ON payments_payment",
    "DROP FUNCTION payments_cover_less",
    "DROP TRIGGER payment_not_beside_parts ON payments_payment",
    "DROP FUNCTION payments_refuse_beside_parts",
)


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0027_several_captures"),
        ("orders", "0018_validate_what_is_committed"),
    ]

    operations = [RunOnPostgreSQL(FORWARDS, BACKWARDS)]
