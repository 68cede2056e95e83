"""The admin of products and variants."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.admin_base import staff_of
from catalog.admin_sections import Section
from catalog.attributes.forms import attribute_fields
from catalog.attributes.models import Attribute
from catalog.images.admin import ImageInline
from catalog.images.section import FILES, ImageSection, stored_images
from catalog.limits import MAX_STOCK, MAX_WEIGHT
from catalog.products import services
from catalog.products.admin.filters import ArchivedFilter, KindFilter, StockFilter
from catalog.products.admin.forms import (
    NewVariantForm,
    ProductForm,
    VariantForm,
    option_fields,
    shipping_field,
    tracking_field,
)
from catalog.products.admin.list_editing import ListEditingAdmin
from catalog.products.admin.translations import TranslationSection
from catalog.products.admin.variants import GENERATE, VariantInline, VariantSection
from catalog.products.families import lock_family
from catalog.products.fields import FIELDS, INHERITED, NewVariant, Owner, members_of, names_of
from catalog.products.models import Product, ProductQuerySet
from catalog.products.variants import create_variant
from catalog.stock.admin import StockAdjustmentForm
from catalog.stock.section import REASON, TARGET, StockSection
from catalog.stock.services import adjust_stock
from catalog.translations.forms import translated_fieldsets
from shop.core.admin import Waiting, Work

_PUBLISHING = ["is_published", "publish_at"]
_SOLD = members_of(Owner.SOLD)
_INHERITED = [FIELDS[name].member for name in INHERITED]
_METADATA = ("Metadata", {"fields": names_of(Owner.EACH)})
_VARIANT = names_of(Owner.VARIANT)
_PRODUCT = [
    "name",
    "slug",
    *(
        name.removesuffix("_id")
        for name in names_of(Owner.PRODUCT, without=["name", "slug", *_PUBLISHING])
    ),
]
_ARCHIVING = (
    "Archived products disappear from the shop and cannot be restored. Past orders and stock "
    "movements keep them."
)
_NOT_SAVED = _("Nothing has been saved yet. Check the table of variants, then save.")
_FOR_ALL = "A new weight, shipping or tax class is set for all variants."
_HISTORY = ["links", "created_at", "archived_at"]


@admin.register(Product)
class ProductAdmin(ListEditingAdmin):
    """Products and variants. Deleting one archives it. Archived products are read-only."""

    form = ProductForm
    list_display = ("id", "name", "sku", "price", "units", "has_variants", "is_published")
    list_display_links = ("id", "name")
    list_filter = (
        "is_published",
        StockFilter,
        "requires_shipping",
        "tax_class",
        KindFilter,
        ArchivedFilter,
    )
    waiting = (
        Waiting(
            _("Products low in stock"),
            lambda: {"pk__in": Product.objects.low_in_stock().values("pk")},
            query="stock=low",
        ),
    )
    search_fields = ("name", "sku__exact", "slug__exact", "keywords")
    autocomplete_fields = ("category",)
    product_sections: ClassVar[Sequence[type[Section]]] = (
        StockSection,
        VariantSection,
        ImageSection,
        TranslationSection,
    )
    variant_sections: ClassVar[Sequence[type[Section]]] = (StockSection, ImageSection)
    argument_fields = {
        "image": FILES,
        "tax_class_id": "tax_class",
        "options": "option_names",
        "tags": "tag_words",
        "category_id": "category",
        "choice": "option_value_0",
    }

    class Media:
        css: ClassVar = {"all": ("catalog/product.css",)}
        js = ("catalog/product.js",)

    actions = ("publish", "unpublish", "export_csv", "export_xlsx", "delete_selected")

    def has_change_permission(self, request: HttpRequest, obj: Product | None = None) -> bool:
        """Forbid to change an archived product."""
        return super().has_change_permission(request) and not _is_archived(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Product | None = None) -> bool:
        """Forbid to archive an archived product."""
        return super().has_delete_permission(request) and not _is_archived(obj)

    def get_fieldsets(self, request: HttpRequest, obj: Product | None = None) -> Any:
        """Return the fields that a product or a variant has of its own.

        Those of its sections follow the first two sets.
        """
        if obj is not None and obj.parent is not None:
            options = list(option_fields(obj.parent.options))
            fields = ["name", "parent", *options, *_SOLD, *_VARIANT, *self._stock(request, obj)]
            return [
                (None, {"fields": fields}),
                _METADATA,
                (_("History"), {"fields": _HISTORY}),
            ]
        has_variants = obj is not None and obj.has_variants
        sold = ["price", *_INHERITED] if has_variants else [*_SOLD, *self._stock(request, obj)]
        sets: list[Any] = [
            (None, {"fields": [*_PRODUCT, "tag_words"]}),
            (
                _("Price and stock"),
                {"fields": sold, "description": _FOR_ALL if has_variants else ""},
            ),
            (_("Publication"), {"fields": _PUBLISHING}),
        ]
        if attributes := list(attribute_fields(_attributes())):
            sets.append((_("Attributes"), {"fields": attributes}))
        if self._may_save(request, obj):
            sets += translated_fieldsets("product", request)
        sets.append(_METADATA)
        return [*sets, (_("History"), {"fields": _HISTORY})] if obj else sets

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> list[str]:
        """Make stock, and the values that a variant shares with its product, read-only."""
        if obj is None:
            return []
        shared = ["name", "parent"] if obj.parent_id else []
        return ["stock", *_HISTORY, *shared, *(["price"] if obj.has_variants else [])]

    def get_inlines(self, request: HttpRequest, obj: Product | None) -> list[Any]:
        """Return the images and variants that no section shows. They are read-only."""
        if obj is None or request.method == "POST":
            return []
        shown = {type(s) for s in getattr(request, "sections", ()) if not s.is_too_long}
        inlines: list[Any] = [] if ImageSection in shown else [ImageInline]
        if obj.has_variants and VariantSection not in shown:
            inlines.append(VariantInline)
        return inlines

    def sections_of(self, request: HttpRequest, obj: Product | None) -> list[Section]:
        """Return the sections of a page that the user may save."""
        if not self._may_save(request, obj):
            return []
        is_variant = obj is not None and obj.parent_id is not None
        kinds = self.variant_sections if is_variant else self.product_sections
        return [kind(request, obj) for kind in kinds]

    def _may_save(self, request: HttpRequest, obj: Product | None) -> bool:
        may_change = self.has_change_permission(request, obj)
        return may_change if obj else self.has_add_permission(request)

    def lock(self, request: HttpRequest, pk: Any) -> None:
        """Lock the product with its variants, as the services do. Raises ProductNotFound."""
        lock_family(pk)

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002 - Django's signature
        """Add a field for each attribute or option, and the fields of the sections."""
        is_variant = obj is not None and obj.parent is not None
        base = VariantForm if is_variant else ProductForm
        fields = (
            option_fields(obj.parent.options, obj.options)
            if is_variant
            else attribute_fields(_attributes())
        )
        request.sections = sections = self.sections_of(request, obj)
        added = {name: field for section in sections for name, field in section.fields().items()}
        members = {"sections": sections, "section_fields": frozenset(added)}
        kwargs["form"] = type(base.__name__, (base,), {**fields, **added, **members})
        return super().get_form(request, obj, change=change, **kwargs)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Save the form with its images, or show it with rows for the missing variants."""
        if GENERATE in request.POST:
            show = partial(
                admin.ModelAdmin.changeform_view, self, request, object_id, form_url, extra_context
            )
            return self._show_refused(request, show, [(None, str(_NOT_SAVED))])
        with stored_images(request):
            return super().changeform_view(request, object_id, form_url, extra_context)

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Save the sections."""
        super().save_related(request, form, formsets, change)
        form.save_sections(form.instance)

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Limit initial stock and prices as the API does."""
        if db_field.name == "stock":
            return forms.IntegerField(
                min_value=0,
                max_value=MAX_STOCK,
                initial=0,
                help_text=_("The initial stock. Use stock adjustments to change it later."),
            )
        if db_field.name == "track_stock":
            return tracking_field()
        if db_field.name == "requires_shipping":
            return shipping_field()
        if db_field.name == "weight":
            return forms.IntegerField(
                label=_("Weight in grams"),
                min_value=0,
                max_value=MAX_WEIGHT,
                initial=0,
                required=False,
            )
        if db_field.name in {"price", "compare_at_price"}:
            kwargs["min_value"] = 0
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        """Add the units in stock."""
        return cast("ProductQuerySet", super().get_queryset(request)).with_units()

    @admin.display(description=_("Stock"), ordering="units")
    def units(self, product: Any) -> int | str:
        """Return the units in stock, of a product with variants those of all variants."""
        units: int | None = product.units
        return gettext("not tracked") if units is None else units

    @admin.display(description=_("Stock, variants and images"))
    def links(self, product: Product) -> str:
        """Return links to stock movements, and to the pages that adjust stock or add something."""
        movements = format_html(
            '<a href="{}?product__id__exact={}">Movements</a> · <a href="{}?q={}">Changes</a>',
            reverse("admin:catalog_stockmovement_changelist"),
            product.pk,
            reverse("admin:catalog_productchange_changelist"),
            product.pk,
        )
        if _is_archived(product):
            return movements
        name, text = (
            ("variant", "Add a variant") if product.has_variants else ("adjust", "Adjust stock")
        )
        url = reverse(f"admin:catalog_product_{name}", args=[product.pk])
        image = format_html(
            '<a href="{}?product={}">Add an image</a>',
            reverse("admin:catalog_productimage_add"),
            product.pk,
        )
        return format_html('<a href="{}">{}</a> · {} · {}', url, text, image, movements)

    def _stock(self, request: HttpRequest, obj: Product | None) -> list[str]:
        """Return the fields about stock of a row that is sold."""
        is_edited = obj is not None and obj.track_stock and self.has_change_permission(request, obj)
        return [TARGET, REASON] if is_edited else ["stock"]

    def values_of(self, form: Any, *, change: bool) -> dict[str, Any]:
        """Return the values of the form, which knows the names of the service's arguments."""
        values: dict[str, Any] = form.values()
        return values

    def create(self, request: HttpRequest, values: dict[str, Any]) -> Product:
        """Create a product."""
        return services.create_product(**values, actor=staff_of(request))

    def update(self, obj: Product, changes: dict[str, Any]) -> None:
        """Update a product or a variant."""
        services.update_product(product_id=obj.pk, **changes)

    def delete(self, obj: Product) -> None:
        """Archive a product or a variant."""
        services.archive_product(product_id=obj.pk)

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        """Say that the product was archived, not deleted."""
        self.message_user(request, f"Archived: {obj_display}.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:catalog_product_changelist"))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Return the products to archive. Rows that refer to them do not prevent it."""
        names = [str(product) for product in objs]
        return names, {"products": len(names)}, set(), []

    @admin.action(description=_("Publish selected products"), permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Product]) -> HttpResponse | None:
        """Publish the selected products."""
        work = Work(partial(_set_published, is_published=True))
        return self.act(request, queryset, "published", work)

    @admin.action(description=_("Unpublish selected products"), permissions=["change"])
    def unpublish(self, request: HttpRequest, queryset: QuerySet[Product]) -> HttpResponse | None:
        """Unpublish the selected products."""
        work = Work(partial(_set_published, is_published=False))
        return self.act(request, queryset, "unpublished", work)

    @admin.action(description=_("Archive selected products"), permissions=["delete"])
    def delete_selected(
        self, request: HttpRequest, queryset: QuerySet[Product]
    ) -> HttpResponse | None:
        """Archive the selected products."""
        return self.act(request, queryset, "archived", Work(self.delete, note=_ARCHIVING))

    def get_urls(self) -> list[URLPattern]:
        """Add the pages that adjust stock and add a variant."""
        pages = [
            path(
                f"<int:product_id>/{name}/",
                self.admin_site.admin_view(view),
                name=f"catalog_product_{name}",
            )
            for name, view in (("adjust", self.adjust_view), ("variant", self.variant_view))
        ]
        return [*pages, *super().get_urls()]

    def adjust_view(self, request: HttpRequest, product_id: int) -> HttpResponse:
        """Adjust the stock of a product."""
        product = get_object_or_404(self.get_queryset(request), pk=product_id)
        form = StockAdjustmentForm(request.POST or None)

        def save() -> HttpResponse:
            adjusted = adjust_stock(
                product_id=product.pk, actor=staff_of(request), **form.cleaned_data
            )
            entry = f"Stock {form.cleaned_data['delta']:+d}: {form.cleaned_data['reason']}."
            self.log_change(request, adjusted, entry)
            messages.success(request, f"The stock of {adjusted} is now {adjusted.stock}.")
            return _to_page_of(product)

        if not self.has_change_permission(request, product):
            raise PermissionDenied
        return self._page(request, product, form, save, f"Adjust stock of {product}")

    def variant_view(self, request: HttpRequest, product_id: int) -> HttpResponse:
        """Add a variant to a product that has options."""
        product = get_object_or_404(self.get_queryset(request), pk=product_id, has_variants=True)
        form = NewVariantForm(
            product.options, request.POST or None, initial={"price": product.price}
        )

        def save() -> HttpResponse:
            variant = create_variant(
                product_id=product.pk,
                variant=cast("NewVariant", form.variant()),
                actor=staff_of(request),
            )
            self.log_addition(request, variant, "Added as a variant.")
            messages.success(request, f"Added: {variant}.")
            return _to_page_of(product)

        if not self.has_add_permission(request) or _is_archived(product):
            raise PermissionDenied
        return self._page(request, product, form, save, f"Add a variant of {product}")

    def _page(
        self,
        request: HttpRequest,
        product: Product,
        form: forms.Form,
        save: Callable[[], HttpResponse],
        title: str,
    ) -> HttpResponse:
        """Return a page with the form, or save it and redirect to the product's page."""
        done = None
        if request.method == "POST" and form.is_valid():
            done = self.save_form_once(request, form, save)
        return done or self.product_form(request, product, form, title)


def _to_page_of(product: Product) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:catalog_product_change", args=[product.pk]))


def _attributes() -> list[Attribute]:
    return list(Attribute.objects.order_by("name"))


def _is_archived(product: Product | None) -> bool:
    return product is not None and product.archived_at is not None


def _set_published(product: Product, *, is_published: bool) -> None:
    services.update_product(product_id=product.pk, is_published=is_published)
