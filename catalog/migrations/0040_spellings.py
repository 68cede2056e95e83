from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0039_seo_of_categories"),
    ]

    operations = [
        migrations.CreateModel(
            name="Spelling",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(choices=[("brand", "Brand"), ("tag", "Tag")], max_length=10),
                ),
                ("text", models.CharField(max_length=255)),
                (
                    "key",
                    models.CharField(
                        help_text="The text without case, in one form of its characters.",
                        max_length=255,
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["kind", "key", "text"], name="spelling_by_key"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("kind", "text"),
                        name="spelling_once",
                        violation_error_message="This spelling is known already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["brand", "tag"])),
                        name="spelling_kind_known",
                        violation_error_message="A spelling belongs to a brand or to a tag.",
                    ),
                ],
            },
        ),
    ]
