"""The catalog's desk: products by the services that every writer uses, stock by movements."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.widgets import AdminTextInputWidget
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from catalog import services
from catalog.models import MAX_STOCK, Product, StockMovement
from shop.core.admin import DeskAdmin, ReadOnlyAdmin
from shop.core.errors import ShopError

_SHOWN = ("adjust", "created_at", "archived_at")


class StockAdjustmentForm(forms.Form):
    """Pieces in or out, and why."""

    delta = forms.IntegerField(
        label="Pieces",
        min_value=-MAX_STOCK,
        max_value=MAX_STOCK,
        help_text="In, or out with a minus.",
    )
    reason = forms.CharField(max_length=200, widget=AdminTextInputWidget)

    def clean_delta(self) -> int:
        """Refuse a movement that moves nothing."""
        delta: int = self.cleaned_data["delta"]
        if delta == 0:
            raise forms.ValidationError("Say how many pieces came in or went out.")
        return delta


class InStockFilter(admin.SimpleListFilter):
    """In stock, or sold out."""

    title = "stock"
    parameter_name = "in_stock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer both."""
        return [("1", "In stock"), ("0", "Sold out")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        """Apply the choice."""
        if self.value() == "1":
            return queryset.filter(stock__gt=0)
        return queryset.filter(stock=0) if self.value() == "0" else queryset


class ArchivedFilter(admin.SimpleListFilter):
    """What the shop has, or what it had."""

    title = "archive"
    parameter_name = "archived"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer the archive."""
        return [("1", "Archived")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Name the usual choice for what it shows: not all."""
        usual, *others = super().choices(changelist)
        yield {**usual, "display": "Not archived"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        """Apply the choice."""
        return queryset.filter(archived_at__isnull=self.value() != "1")


@admin.register(Product)
class ProductAdmin(DeskAdmin):
    """Products; deleting one archives it, and what is archived is for looking."""

    list_display = ("id", "name", "price", "stock", "is_published")
    list_display_links = ("id", "name")
    list_filter = ("is_published", InStockFilter, ArchivedFilter)
    search_fields = ("name",)
    autocomplete_fields = ("category",)
    actions = ("publish", "unpublish", "delete_selected")

    def has_change_permission(self, request: HttpRequest, obj: Product | None = None) -> bool:
        """What is archived stays as it was."""
        return super().has_change_permission(request) and not _is_archived(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Product | None = None) -> bool:
        """A product is archived once."""
        return super().has_delete_permission(request) and not _is_archived(obj)

    def get_fields(self, request: HttpRequest, obj: Product | None = None) -> Any:
        """Take the initial stock with a new product; later it moves by adjustments."""
        fields = ["name", "description", "category", "price", "is_published", "stock"]
        return fields if obj is None else [*fields, *_SHOWN]

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> list[str]:
        """Nobody types over a stock."""
        return [] if obj is None else ["stock", *_SHOWN]

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Bound the initial stock and the price as the API does."""
        if db_field.name == "stock":
            return forms.IntegerField(
                min_value=0,
                max_value=MAX_STOCK,
                initial=0,
                help_text="Pieces to begin with; later they come and go by adjustments.",
            )
        if db_field.name == "price":
            kwargs["min_value"] = 0
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.display(description="Stock movements")
    def adjust(self, product: Product) -> str:
        """Link to what moved the stock, and to the adjustment that moves it."""
        movements = format_html(
            '<a href="{}?product__id__exact={}">Movements</a>',
            reverse("admin:catalog_stockmovement_changelist"),
            product.pk,
        )
        if _is_archived(product):
            return movements
        url = reverse("admin:catalog_product_adjust", args=[product.pk])
        return format_html('<a href="{}">Adjust stock</a> · {}', url, movements)

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Write by the services."""
        if change:
            services.update_product(product_id=obj.pk, **_values(form, form.changed_data))
            return
        created = services.create_product(**_values(form, form.fields), actor=_staff(request))
        obj.pk, obj._state.adding = created.pk, False  # noqa: SLF001 - so that Django logs the row

    def delete_model(self, request: HttpRequest, obj: Product) -> None:
        """Archive it."""
        services.archive_product(product_id=obj.pk)

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        """Say what was done."""
        self.message_user(request, f"Archived: {obj_display}.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:catalog_product_changelist"))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Announce what archiving does: no row goes, so nothing protects it from going."""
        names = [str(product) for product in objs]
        return names, {"products": len(names)}, set(), []

    @admin.action(description="Publish selected products", permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        """Show them to customers."""
        self.act(request, queryset, "published", partial(_set_published, is_published=True))

    @admin.action(description="Unpublish selected products", permissions=["change"])
    def unpublish(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        """Hide them from customers."""
        self.act(request, queryset, "unpublished", partial(_set_published, is_published=False))

    @admin.action(description="Archive selected products", permissions=["delete"])
    def delete_selected(
        self, request: HttpRequest, queryset: QuerySet[Product]
    ) -> HttpResponse | None:
        """Archive them, once staff have confirmed it; Django's page asks under this name."""
        if "post" not in request.POST and queryset.count() <= self.list_per_page:
            return delete_selected(self, request, queryset)
        self.act(
            request,
            queryset,
            "archived",
            lambda product: services.archive_product(product_id=product.pk),
        )
        return None

    def get_urls(self) -> list[URLPattern]:
        """Add the adjustment's page."""
        adjust = path(
            "<int:product_id>/adjust/",
            self.admin_site.admin_view(self.adjust_view),
            name="catalog_product_adjust",
        )
        return [adjust, *super().get_urls()]

    def adjust_view(self, request: HttpRequest, product_id: int) -> HttpResponse:
        """Move a product's stock, with a reason."""
        product = get_object_or_404(self.get_queryset(request), pk=product_id)
        if not self.has_change_permission(request, product):
            raise PermissionDenied
        form = StockAdjustmentForm(request.POST or None)
        if request.method == "POST" and form.is_valid() and self._adjust(request, product, form):
            return HttpResponseRedirect(reverse("admin:catalog_product_change", args=[product.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": f"Adjust stock of {product}",
            "opts": self.opts,
            "product": product,
            "form": form,
        }
        return render(request, "admin/catalog/product/adjust.html", context)

    def _adjust(self, request: HttpRequest, product: Product, form: StockAdjustmentForm) -> bool:
        try:
            adjusted = services.adjust_stock(
                product_id=product.pk, actor=_staff(request), **form.cleaned_data
            )
        except ShopError as refusal:
            form.add_error(None, refusal.detail)
            return False
        said = f"Stock {form.cleaned_data['delta']:+d}: {form.cleaned_data['reason']}."
        self.log_change(request, adjusted, said)
        messages.success(request, f"{adjusted} has {adjusted.stock} in stock now.")
        return True


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnlyAdmin):
    """What moved stock; append-only."""

    list_display = ("id", "product", "kind", "delta", "reason", "actor", "created_at")
    list_select_related = ("product", "actor")
    list_filter = ("kind",)
    search_fields = ("product__name", "reason")


def _values(form: Any, names: Iterable[str]) -> dict[str, Any]:
    """Return what the form says, its category by its id, as the services take it."""
    values = {name: form.cleaned_data[name] for name in names}
    if "category" in values:
        category = values.pop("category")
        values["category_id"] = category and category.pk
    return values


def _is_archived(product: Product | None) -> bool:
    return product is not None and product.archived_at is not None


def _set_published(product: Product, *, is_published: bool) -> None:
    services.update_product(product_id=product.pk, is_published=is_published)


def _staff(request: HttpRequest) -> AbstractUser:
    if not isinstance(request.user, AbstractUser):
        raise PermissionDenied
    return request.user
