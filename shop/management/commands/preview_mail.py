"""``manage.py preview_mail``: print a mail without sending it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from shop.mail.previews import preview, templates
from shop.management.base import ShopCommand


class Command(ShopCommand):
    """Prints a mail about an existing order or user, to look at a template."""

    help = "Prints a mail about an existing order or user, without sending it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the template and the options."""
        parser.add_argument("template", metavar="TEMPLATE", help=", ".join(templates()))
        parser.add_argument("--language", default="", help="Such as de; that of the order.")
        parser.add_argument("--order", default="", help="Number or id of an order; the last one.")
        parser.add_argument("--html", action="store_true", help="Print the HTML, not the text.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it. Raises CommandError for an unknown template or without a row."""
        try:
            rendered = preview(
                options["template"], language=options["language"], order=options["order"]
            )
        except LookupError as error:
            raise CommandError(str(error.args[0])) from error
        if options["html"]:
            self.stdout.write(rendered.html)
        else:
            self.stdout.write(f"{rendered.subject}\n\n{rendered.text}", ending="")
