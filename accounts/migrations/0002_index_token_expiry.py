"""Index SimpleJWT's tokens by expiry: ``cleanup`` reads them in that order, and the library has none."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("token_blacklist", "0013_alter_blacklistedtoken_options_and_more"),
    ]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX accounts_token_by_expiry ON token_blacklist_outstandingtoken (expires_at)",
            "DROP INDEX accounts_token_by_expiry",
        ),
    ]
