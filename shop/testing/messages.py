"""The catalogs of translations: ``python -m shop.testing.messages`` brings them up to date.

It extracts the messages that the code marks, adds the new ones to each ``django.po``, drops those
that are gone, and compiles ``django.mo``, which Django reads. GNU gettext is not needed.
"""

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
LOCALES = ROOT / "shop" / "locale"
APPS = ("shop", "accounts", "catalog", "cart", "orders", "payments")

_LEFT_OUT = frozenset({"tests", "testing", "migrations"})
_KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
}


def marked_messages() -> Catalog:
    """Return the messages that the code marks for translation."""
    catalog = Catalog(project="shop", charset="utf-8")
    for app in APPS:
        found = extract_from_dir(
            ROOT / app,
            method_map=[
                ("**.py", "python"),
                ("**/templates/mail/**.html", extract_template),
                ("**/templates/admin/**.html", extract_template),
            ],
            keywords=_KEYWORDS,
            directory_filter=lambda path: Path(path).name not in _LEFT_OUT,
        )
        for path, _, message, _, context in found:
            catalog.add(message, locations=[(f"{app}/{path}", 0)], context=context)
    return catalog


def extract_template(file: Any, *arguments: Any, **options: Any) -> Iterator[Any]:
    """Yield the messages of a template. Django writes it as a text whose calls babel can read."""
    lines = templatize(file.read().decode()).splitlines()
    code = "\n".join(line.strip() for line in lines)  # otherwise it looks indented
    yield from extract_python(BytesIO(code.encode()), *arguments, **options)


def read_catalog(language: str) -> Catalog:
    """Return the stored translations of a language."""
    with _path(language, "po").open("rb") as file:
        return read_po(file, locale=language)


def compiled(catalog: Catalog) -> bytes:
    """Return the bytes of the ``.mo`` file."""
    output = BytesIO()
    write_mo(output, catalog)
    return output.getvalue()


def compiled_file(language: str) -> Path:
    """Return the path of the ``.mo`` file."""
    return _path(language, "mo")


def untranslated(catalog: Catalog) -> Iterator[Message]:
    """Yield the messages without a translation that is complete and confirmed."""
    for message in catalog:
        texts = message.string if isinstance(message.string, tuple | list) else [message.string]
        if message.id and (message.fuzzy or not all(texts)):
            yield message


def _path(language: str, extension: str) -> Path:
    return LOCALES / language / "LC_MESSAGES" / f"django.{extension}"


def main() -> None:
    """Update and compile every catalog; print what has to be translated."""
    for folder in sorted(LOCALES.iterdir()):
        catalog = read_catalog(folder.name)
        created = catalog.creation_date
        catalog.update(marked_messages(), no_fuzzy_matching=True)
        catalog.creation_date = created  # otherwise every run would change the file
        catalog.obsolete.clear()
        with _path(folder.name, "po").open("wb") as file:
            write_po(file, catalog, width=100, sort_output=True, include_lineno=False)
        compiled_file(folder.name).write_bytes(compiled(catalog))
        for message in untranslated(catalog):
            sys.stdout.write(f"{folder.name}: not translated: {message.id!r}\n")


if __name__ == "__main__":
    main()
