"""Categories, attributes and other things that a file defines. Their services write them."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from catalog.attributes.models import Attribute
from catalog.attributes.services import create_attribute, update_attribute
from catalog.categories.models import Category
from catalog.categories.services import create_category, update_category
from catalog.collections.models import Collection
from catalog.collections.services import create_collection, update_collection
from catalog.errors import SlugTaken
from catalog.exchange.imports.categories import Categories, CategoryReference
from catalog.exchange.imports.definition_records import (
    AttributeRecord,
    CategoryRecord,
    CollectionRecord,
    Definition,
    OptionRecord,
    TaxClassRecord,
)
from catalog.exchange.imports.existing import read_collections
from catalog.exchange.imports.translations import changed_translations, merged_translations
from catalog.options.models import OptionTranslation
from catalog.options.services import fold_option
from catalog.options.translating import create_option_translation, update_option_translation
from catalog.tax_classes.models import TaxClass
from catalog.tax_classes.services import create_tax_class, rename_tax_class
from catalog.translations.reads import translations_of
from shop.core.errors import ShopError
from shop.core.slugs import fold_name
from shop.core.translations import Translations, in_shop_languages

_InOneColumn = AttributeRecord | CollectionRecord | OptionRecord


def _changed_texts(record: _InOneColumn, existing: Translations) -> dict[str, Any]:
    """Return the translations of a row with those that exist already, if they differ from them."""
    before = in_shop_languages(existing)
    after = merged_translations(record.translations, before)
    return {} if after == before else {"translations": after}


def _read_collections() -> Categories:
    return Categories.of_collections(row[:3] for row in read_collections())


class Definitions:
    """The definitions of a file. A dry run remembers what it would have created."""

    def __init__(self, *, dry_run: bool) -> None:
        """Start without definitions."""
        self._dry_run = dry_run
        self.categories: set[str] = set()
        self.attributes: dict[str, Attribute] = {}
        self.tax_classes: set[str] = set()
        self.collections: set[str] = set()
        self._undefined: set[CategoryReference] = set()
        self._undefined_collections: set[CategoryReference] = set()

    def define(self, record: Definition) -> bool | None:
        """Write a definition. Return whether it is new, or None if nothing changes.

        Errors are added to the record.
        """
        if record.errors:
            return None
        try:
            try:
                return self._define(record)
            except SlugTaken:  # another user may have created it at the same time
                return self._define(record)
        except ShopError as error:
            reason = str(error.facts.get("reason", error.detail))
            record.errors.append(record.row.error("slug", reason))
            return None

    def _define(self, record: Definition) -> bool | None:
        if isinstance(record, CategoryRecord):
            return self._define_category(record)
        if isinstance(record, CollectionRecord):
            return self._define_collection(record)
        if isinstance(record, OptionRecord):
            return self._define_option(record)
        if isinstance(record, TaxClassRecord):
            return self._define_tax_class(record)
        return self._define_attribute(record)

    def create_undefined_category(self, reference: CategoryReference) -> None:
        """Create a category that products refer to although it is not defined, unless it exists.

        Its ancestors are created first.
        """
        parent = reference.parent()
        if parent is not None:
            self.create_undefined_category(parent)
        taken: set[str] = set()
        while True:
            categories = Categories.read()
            if categories.find(reference) is not None:
                return
            slug = categories.free_slug(reference, taken)
            parent_id = None if parent is None else categories.find(parent)
            try:
                create_category(name=reference.name(), slug=slug, parent_id=parent_id)
            except SlugTaken:  # it redirects, is a translated one, or another user just took it
                taken.add(slug)
            else:
                self._undefined.add(reference)
                return

    def add_undefined_category(self, reference: CategoryReference) -> None:
        """Remember a category that a dry run would create, with its ancestors."""
        categories = Categories.read()
        found: CategoryReference | None = reference
        while found is not None and categories.find(found) is None:
            self._undefined.add(found)
            found = found.parent()

    def number_undefined(self) -> int:
        """Return how many categories were created, or would be, although none defines them."""
        return len(self._undefined)

    def create_undefined_collections(self, references: Iterable[CategoryReference]) -> set[int]:
        """Create collections that products refer to, unless they exist. Return their ids."""
        return {self._create_undefined_collection(reference) for reference in references}

    def _create_undefined_collection(self, reference: CategoryReference) -> int:
        while True:
            collections = _read_collections()
            found = collections.find(reference)
            if found is not None:
                return found
            slug = collections.free_slug(reference)
            with suppress(SlugTaken):  # another user took it at the same time
                created = create_collection(name=reference.name(), slug=slug)
                self._undefined_collections.add(reference)
                return created.pk

    def add_undefined_collections(self, references: Iterable[CategoryReference]) -> None:
        """Remember collections that a dry run would create, unless the file defines them."""
        for reference in references:
            if reference.slug() not in self.collections:
                name = fold_name(reference.text)
                self._undefined_collections.add(CategoryReference(name, is_name=True))

    def number_undefined_collections(self) -> int:
        """Return how many collections were created, or would be, although none defines them."""
        return len(self._undefined_collections)

    def _define_collection(self, record: CollectionRecord) -> bool | None:
        values = dict(record.values)
        collection = Collection.objects.filter(slug=values["slug"]).first()
        if collection is None:
            values["translations"] = merged_translations(record.translations, {})
            is_new = values["slug"] not in self.collections
            if is_new and not self._dry_run:
                create_collection(**values)
            self.collections.add(values["slug"])
            return True if is_new else None
        changed = {name: v for name, v in values.items() if getattr(collection, name) != v}
        changed |= _changed_texts(record, collection.translations)
        if not changed:
            return None
        if not self._dry_run:
            update_collection(collection_id=collection.pk, **changed)
        return False

    def _define_category(self, record: CategoryRecord) -> bool | None:
        slug, values = record.values["slug"], dict(record.values)
        category = Category.objects.filter(slug=slug).first()
        if record.parent is not None:
            values["parent_id"] = self._parent(record)
        if category is None and slug not in self.categories:
            if not self._dry_run and not record.errors:
                translations = changed_translations(record.translations, {})
                create_category(**values, translations=translations)
            self.categories.add(slug)
            return True
        changed = {n: v for n, v in values.items() if category and getattr(category, n) != v}
        if category is not None and record.translations:
            existing = translations_of("category", category.pk)
            if texts := changed_translations(record.translations, existing):
                changed["translations"] = texts
        if not changed or category is None:
            return None
        if not self._dry_run and not record.errors:
            update_category(category_id=category.pk, **changed)
        return False

    def _parent(self, record: CategoryRecord) -> int | None:
        """Return the id of the parent, or 0 if a dry run would have created it."""
        if record.parent is None or not record.parent.text:
            return None
        parent = Categories.read().find(record.parent)
        if parent is None and record.parent.slug() not in self.categories:
            reason = "This category does not exist. Define a category before its children."
            record.errors.append(record.row.error("category", reason))
        return 0 if parent is None else parent

    def _define_attribute(self, record: AttributeRecord) -> bool | None:
        values: dict[str, Any] = {**record.values, "choices": record.choices}
        attribute = Attribute.objects.filter(slug=values["slug"]).first()
        if attribute is None and values["slug"] in self.attributes and record.is_only_new:
            return None
        if attribute is None:
            values["translations"] = merged_translations(record.translations, {})
            if not self._dry_run:
                create_attribute(**values)
            self.attributes[values["slug"]] = Attribute(**values)
            return True
        if record.is_only_new:
            return None
        if attribute.kind != values["kind"]:
            reason = f"The existing attribute {attribute.slug} has the kind {attribute.kind}."
            record.errors.append(record.row.error("kind", reason))
            return None
        written = {"name": values["name"], "choices": record.choices}
        changed = {name: v for name, v in written.items() if getattr(attribute, name) != v}
        changed |= _changed_texts(record, attribute.translations)
        if not changed:
            return None
        if not self._dry_run:
            update_attribute(attribute_id=attribute.pk, **changed)
        return False

    def _define_option(self, record: OptionRecord) -> bool | None:
        name = record.values["name"]
        option = OptionTranslation.objects.filter(key=fold_option(name)).first()
        texts = _changed_texts(record, option.translations if option else {})
        if not texts:
            return None
        if not self._dry_run and option is None:
            create_option_translation(name=name, **texts)
        elif not self._dry_run and option is not None:
            update_option_translation(translation_id=option.pk, **texts)
        return option is None

    def _define_tax_class(self, record: TaxClassRecord) -> bool | None:
        code, name = record.values["slug"], record.values["name"]
        existing = TaxClass.objects.filter(code=code).first()
        if existing is None and code not in self.tax_classes:
            if not self._dry_run:
                create_tax_class(code=code, name=name)
            self.tax_classes.add(code)
            return True
        if existing is None or existing.name == name:
            return None
        if not self._dry_run:
            rename_tax_class(tax_class_id=existing.pk, name=name)
        return False
