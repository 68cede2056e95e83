"""Refuse every UPDATE of an invoice, with the error of a check constraint."""

from typing import Any

from django.db import migrations

MESSAGE = "An invoice is never changed."
POSTGRESQL = (
    f"""
    CREATE FUNCTION payments_invoice_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'check_violation';
    END $$
    """,
    """
    CREATE TRIGGER invoice_never_changes BEFORE UPDATE ON payments_invoice
    FOR EACH ROW EXECUTE FUNCTION payments_invoice_never_changes()
    """,
)
SQLITE = (
    f"""
    CREATE TRIGGER invoice_never_changes BEFORE UPDATE ON payments_invoice
    BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END
    """,
)
BACKWARDS = {
    "postgresql": (
        "DROP TRIGGER invoice_never_changes ON payments_invoice",
        "DROP FUNCTION payments_invoice_never_changes",
    ),
    "sqlite": ("DROP TRIGGER invoice_never_changes",),
}


def create_trigger(apps: Any, schema_editor: Any) -> None:
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    for statement in POSTGRESQL if is_postgresql else SQLITE:
        schema_editor.execute(statement, params=None)


def drop_trigger(apps: Any, schema_editor: Any) -> None:
    for statement in BACKWARDS[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("payments", "0009_invoices")]

    operations = [migrations.RunPython(create_trigger, drop_trigger)]
