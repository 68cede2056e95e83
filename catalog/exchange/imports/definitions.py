"""Categories and attributes that a file defines, written by their services."""

from catalog.attributes.models import Attribute, AttributeKind
from catalog.attributes.services import create_attribute, update_attribute
from catalog.categories.models import Category
from catalog.categories.services import create_category, update_category
from catalog.exchange.imports.records import AttributeRecord, CategoryRecord, category_slug
from shop.core.errors import ShopError


class Definitions:
    """What a file defines for its products; a dry run remembers what it would have created."""

    def __init__(self, *, dry_run: bool) -> None:
        """Remember nothing yet."""
        self._dry_run = dry_run
        self.categories: set[str] = set()
        self.attributes: dict[str, Attribute] = {}

    def define(self, record: CategoryRecord | AttributeRecord) -> bool | None:
        """Write a definition; return whether it is new, None where nothing changes.

        What is refused is added to the record's faults.
        """
        if record.faults:
            return None
        try:
            if isinstance(record, CategoryRecord):
                return self._define_category(record)
            return self._define_attribute(record)
        except ShopError as refusal:
            reason = str(refusal.facts.get("reason", refusal.detail))
            record.faults.append(record.row.fault("slug", reason))
            return None

    def make_category(self, name: str) -> None:
        """Make a category that products name and nobody has defined."""
        slug = category_slug(name)
        title = slug.replace("-", " ").capitalize() if name == slug else name
        create_category(name=title, slug=slug)

    def _define_category(self, record: CategoryRecord) -> bool | None:
        slug, values = record.values["slug"], dict(record.values)
        category = Category.objects.filter(slug=slug).first()
        if record.parent is not None:
            values["parent_id"] = self._parent(record)
        if category is None and slug not in self.categories:
            self.categories.add(slug)
            if not self._dry_run and not record.faults:
                create_category(**values)
            return True
        changed = {n: v for n, v in values.items() if category and getattr(category, n) != v}
        if not changed or category is None:
            return None
        if not self._dry_run and not record.faults:
            update_category(category_id=category.pk, **changed)
        return False

    def _parent(self, record: CategoryRecord) -> int | None:
        """Return the id of the parent, 0 for one that a dry run would have made."""
        if not record.parent:
            return None
        parent = Category.objects.filter(slug=record.parent).first()
        if parent is None and record.parent not in self.categories:
            reason = "No such category: it comes before what lies below it."
            record.faults.append(record.row.fault("category", reason))
        return 0 if parent is None else parent.pk

    def _define_attribute(self, record: AttributeRecord) -> bool | None:
        said = record.values
        kind = AttributeKind(said["kind"])
        attribute = Attribute.objects.filter(slug=said["slug"]).first()
        if attribute is None:
            self._make_attribute(record, kind)
            return True
        if attribute.kind != kind:
            reason = f"The shop's {attribute.slug} is of the kind {attribute.kind}."
            record.faults.append(record.row.fault("kind", reason))
            return None
        if (attribute.name, attribute.choices) == (said["name"], record.choices):
            return None
        if not self._dry_run:
            update_attribute(attribute_id=attribute.pk, name=said["name"], choices=record.choices)
        return False

    def _make_attribute(self, record: AttributeRecord, kind: AttributeKind) -> None:
        said = record.values
        attribute = Attribute(
            name=said["name"], slug=said["slug"], kind=kind, choices=record.choices
        )
        self.attributes[attribute.slug] = attribute
        if not self._dry_run:
            create_attribute(
                name=attribute.name, slug=attribute.slug, kind=kind, choices=record.choices
            )
