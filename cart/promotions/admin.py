"""The admin of promotions and vouchers: with a preview, and many codes at once."""

import csv
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from cart.admin_base import ConfigurationAdmin
from cart.configuration import current_configuration
from cart.extensions import promotion_kinds
from cart.promotions.forms import CodesForm, SampleForm
from cart.promotions.models import (
    Promotion,
    PromotionUse,
    Voucher,
    VoucherRedemption,
    fold_code,
)
from cart.promotions.samples import price_sample
from cart.promotions.services import make_codes
from catalog.exchange.imports.tables import escape_formula
from shop.core.admin import ReadOnlyInline
from shop.core.money import currency
from shop.core.security_log import log_security

_RULE = ("kind", "value", ("buy_quantity", "free_quantity"))
_SCOPE = ("scope", "products", "categories", "collections")
_CONDITIONS = (
    "minimum_total",
    "minimum_quantity",
    ("starts_on", "ends_on"),
    "first_order_only",
    ("max_uses", "max_uses_per_customer"),
    "needs_code",
)


class UseInline(ReadOnlyInline):
    """The orders that have used a promotion with a limit."""

    model = PromotionUse
    verbose_name_plural = _("uses")
    fields = ("order_id", "used_at", "released_at")
    ordering = ("-pk",)


@admin.register(Promotion)
class PromotionAdmin(ConfigurationAdmin):
    """Promotions. A promotion that has vouchers cannot be deleted."""

    list_display = (
        "name",
        "kind_label",
        "value",
        "scope",
        "needs_code",
        "starts_on",
        "ends_on",
        "is_active",
    )
    list_filter = ("is_active", "needs_code", "kind")
    search_fields = ("name",)
    ordering = ("position", "id")
    autocomplete_fields = ("products", "categories", "collections")
    readonly_fields = ("links",)
    inlines = (UseInline,)

    def get_fieldsets(self, request: HttpRequest, obj: Promotion | None = None) -> Any:
        """Show the links to the other pages of a promotion that exists."""
        first = ("name", "is_active", "position")
        return [
            (None, {"fields": (*first, "links") if obj else first}),
            ("Rule", {"fields": _RULE}),
            ("What it applies to", {"fields": _SCOPE}),
            ("Conditions", {"fields": _CONDITIONS}),
            ("Translations", {"fields": ("translations",)}),
        ]

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Offer the kinds of promotions, also those of extensions."""
        if db_field.name == "kind":
            return forms.ChoiceField(choices=[("", "---------"), *promotion_kinds().items()])
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.display(description=_("Kind"), ordering="kind")
    def kind_label(self, promotion: Promotion) -> str:
        """Return what people call the kind."""
        return str(promotion_kinds().get(promotion.kind, f"{promotion.kind} (not installed)"))

    def get_urls(self) -> list[URLPattern]:
        """Add the preview, and the page that makes codes."""
        pages = [
            path(
                f"<int:promotion_id>/{name}/",
                self.admin_site.admin_view(view),
                name=f"cart_promotion_{name}",
            )
            for name, view in (("preview", self.preview_view), ("codes", self.codes_view))
        ]
        return [*pages, *super().get_urls()]

    @admin.display(description=_("More"))
    def links(self, promotion: Promotion) -> str:
        """Return links to the preview and the vouchers."""
        preview = reverse("admin:cart_promotion_preview", args=[promotion.pk])
        if not promotion.needs_code:
            return format_html('<a href="{}">Preview on a sample cart</a>', preview)
        return format_html(
            '<a href="{}">Preview on a sample cart</a> · <a href="{}?promotion__id__exact={}">'
            'Vouchers</a> · <a href="{}">Make many codes</a>',
            preview,
            reverse("admin:cart_voucher_changelist"),
            promotion.pk,
            reverse("admin:cart_promotion_codes", args=[promotion.pk]),
        )

    def preview_view(self, request: HttpRequest, promotion_id: int) -> HttpResponse:
        """Price a sample cart with a promotion. Changes nothing."""
        promotion = self._get(request, promotion_id)
        countries = current_configuration().countries
        form = SampleForm(countries, request.GET if "product_1" in request.GET else None)
        sample = None
        if form.is_bound and form.is_valid():
            values = form.cleaned_data
            sample = price_sample(
                promotion,
                form.quantities(),
                country=values["country"],
                day=values["day"],
                is_first_order=not values["is_repeated"],
            )
        return self._page(request, promotion, "preview", "Preview", form=form, sample=sample)

    def codes_view(self, request: HttpRequest, promotion_id: int) -> HttpResponse:
        """Make many codes for a promotion."""
        promotion = self._get(request, promotion_id)
        if not request.user.has_perm("cart.add_voucher"):
            raise PermissionDenied
        form = CodesForm(request.POST or None)
        done = None
        if request.method == "POST" and form.is_valid():
            done = self._make_codes(request, promotion, form)
        return done or self._page(request, promotion, "codes", "Make many codes", form=form)

    def _make_codes(
        self, request: HttpRequest, promotion: Promotion, form: CodesForm
    ) -> HttpResponse | None:
        """Make the codes of a valid form once; on an error, add it to the form."""

        def make() -> HttpResponse:
            made = make_codes(promotion=promotion, **form.cleaned_data)
            message = f"Made {len(made)} codes: {form.cleaned_data['batch']}."
            self.log_change(request, promotion, message)
            messages.success(request, message)
            query = urlencode({"batch": form.cleaned_data["batch"]})
            return HttpResponseRedirect(f"{reverse('admin:cart_voucher_changelist')}?{query}")

        return self.save_form_once(request, form, make)

    def _get(self, request: HttpRequest, promotion_id: int) -> Promotion:
        if not self.has_view_permission(request):
            raise PermissionDenied
        promotion: Promotion = get_object_or_404(self.get_queryset(request), pk=promotion_id)
        return promotion

    def _page(
        self, request: HttpRequest, promotion: Promotion, name: str, title: str, **context: Any
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "promotion": promotion,
            "currency": currency(),
            "media": self.media + context["form"].media,
            **context,
        }
        request.current_app = self.admin_site.name
        return render(request, f"admin/cart/promotion/{name}.html", context)


class RedemptionInline(ReadOnlyInline):
    """The orders that have used a voucher."""

    model = VoucherRedemption
    verbose_name_plural = _("uses")
    fields = ("order_id", "redeemed_at", "released_at")
    ordering = ("-pk",)


@admin.register(Voucher)
class VoucherAdmin(ConfigurationAdmin):
    """Vouchers. One that an order has used cannot be deleted."""

    change_list_template = "admin/cart/voucher/change_list.html"
    list_display = (
        "code",
        "promotion",
        "uses",
        "max_uses_per_customer",
        "is_active",
        "batch",
        "created_at",
    )
    list_select_related = ("promotion",)
    list_filter = ("is_active", "promotion", "batch")
    search_fields = ("code_key__startswith",)
    fields = (
        "promotion",
        "code",
        "max_uses",
        "max_uses_per_customer",
        "is_active",
        "used",
        "batch",
    )
    readonly_fields = ("used", "batch")
    argument_fields = {"code_key": "code"}

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Voucher], search_term: str
    ) -> tuple[QuerySet[Voucher], bool]:
        """Search as codes are compared."""
        return super().get_search_results(request, queryset, fold_code(search_term))

    def get_inlines(self, request: HttpRequest, obj: Voucher | None) -> list[Any]:
        """Show the uses. A form that was sent has none."""
        return [] if obj is None or request.method == "POST" else [RedemptionInline]

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Offer promotions that need a code."""
        if db_field.name == "promotion":
            kwargs["queryset"] = Promotion.objects.filter(needs_code=True).order_by("name")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        """Add the download."""
        view = self.admin_site.admin_view(self.export_view)
        return [path("export/", view, name="cart_voucher_export"), *super().get_urls()]

    @admin.display(description=_("Used"), ordering="used")
    def uses(self, voucher: Voucher) -> str:
        """Return the number of uses, and their limit."""
        return f"{voucher.used} of {voucher.max_uses or 'any number'}"

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """Return the vouchers of a batch, or all, as CSV."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        vouchers = Voucher.objects.select_related("promotion").order_by("pk")
        if batch := request.GET.get("batch", ""):
            vouchers = vouchers.filter(batch=batch)
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="vouchers.csv"'
        lines = csv.writer(response)
        lines.writerow(["code", "promotion", "batch", "max_uses", "used"])
        for row in vouchers.iterator():
            texts = (row.code, row.promotion.name, row.batch)
            lines.writerow([*map(escape_formula, texts), row.max_uses or "", row.used])
        log_security("exported", user_id=request.user.pk, what="vouchers", format="csv")
        return response
