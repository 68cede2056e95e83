"""Users and groups in the admin, and the login form of the admin."""

from functools import partial
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.views import APIView
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from accounts import services
from accounts.addresses import fold_domain
from accounts.errors import StaffProtected
from accounts.models import Address, User, login_key
from accounts.throttles import LoginAccountThrottle, LoginAddressThrottle
from shop.core.admin import ShopModelAdmin, Work
from shop.core.language_codes import languages_of_buyers
from shop.core.phones import PHONE_LENGTH, normalize_phone
from shop.core.postal_addresses import MEMBERS, PostalAddress
from shop.core.viewsets import permissions_asked_for

_PRIVILEGES = ("is_staff", "is_superuser", "groups", "user_permissions")


class LimitedLoginForm(AdminAuthenticationForm):
    """The login form of the admin. It shares the rate limits of ``POST /api/login/``."""

    def clean(self) -> dict[str, Any]:
        """Check the rate limits, then the password. Only failed logins count."""
        django_request, view = cast("HttpRequest", self.request), cast("APIView", None)
        request = Request(django_request, parsers=[FormParser(), MultiPartParser()])
        throttles = (LoginAccountThrottle(), LoginAddressThrottle())
        if [throttle for throttle in throttles if not throttle.allow_request(request, view)]:
            raise ValidationError(
                "Too many attempts. Please try again later.", code="too_many_requests"
            )
        cleaned = super().clean()
        for throttle in throttles:
            throttle.forgive(request)
        return cleaned


admin.site.site_header = admin.site.site_title = "Shop"
admin.site.index_title = "Administration"
admin.site.site_url = None  # the shop is headless: there is no site to view

# Only accounts.tokens may change these rows: without one, an ended session would be valid again.
admin.site.unregister([BlacklistedToken, OutstandingToken, Group])
admin.site.login_form = LimitedLoginForm


def offered_permissions() -> QuerySet[Permission]:
    """Return the permissions of models that the admin shows, and those that the API asks for.

    A form with all permissions selected would exceed DATA_UPLOAD_MAX_NUMBER_FIELDS. Groups are for
    superusers only, who need no permission.
    """
    models = set(admin.site._registry) - {Group}  # noqa: SLF001 - no public name
    types = ContentType.objects.get_for_models(*models)
    offered = Q(content_type__in=types.values())
    for name in permissions_asked_for():
        app, _, codename = name.partition(".")
        offered |= Q(content_type__app_label=app, codename=codename)
    return Permission.objects.filter(offered).select_related("content_type")


def _search_key(text: str) -> str:
    """Return the text as the keys spell it, also a domain without the rest of its address."""
    return fold_domain(text) if "xn--" in text.lower() and "@" not in text else login_key(text)


@admin.register(Group)
class GroupAdmin(ShopModelAdmin, DjangoGroupAdmin):
    """Groups of staff. Only superusers see them: others could give themselves any permission."""

    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **kwargs: Any) -> Any:
        """Offer the permissions that the shop asks for."""
        if db_field.name == "permissions":
            kwargs["queryset"] = offered_permissions()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow superusers only."""
        return bool(request.user.is_superuser)

    has_add_permission = has_change_permission = has_view_permission
    has_delete_permission = has_module_permission = has_view_permission


class PhoneFormField(forms.CharField):
    """A phone number with its country code, which is stored as E.164 writes it."""

    def clean(self, value: Any) -> str:
        """Normalize the number. Raise ValidationError for what cannot be one."""
        text = str(super().clean(value))
        return normalize_phone(text) if text else ""


def _describe(address: Address) -> str:
    """Return an address in one line, with what it is the default for."""
    values = {name: getattr(address, name) for name in MEMBERS}
    text = ", ".join(PostalAddress.from_json(values).lines())
    names = {"shipping": address.is_default_shipping, "billing": address.is_default_billing}
    defaults = " and ".join(name for name, is_default in names.items() if is_default)
    return f"{text} (default for {defaults})" if defaults else text


@admin.register(User)
class UserAdmin(ShopModelAdmin, DjangoUserAdmin):
    """Customers and staff. Only superusers change staff, or make a user a member of staff."""

    list_display = ("id", "username", "email", "is_active", "is_staff", "date_joined")
    list_display_links = ("id", "username")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("username_key", "email_key")
    search_help_text = _("Part of a username or e-mail address, in upper or lower case.")
    ordering = ("-id",)  # Django's UserAdmin orders by username
    actions = ("log_out_everywhere",)
    argument_fields = {"username_key": "username", "email_key": "email"}
    fieldsets = (
        *(DjangoUserAdmin.fieldsets or ()),
        (
            "Contact",
            {"fields": ("phone", "language", "email_verified_at", "deleted_at", "address_book")},
        ),
        ("Metadata", {"fields": ("metadata", "private_metadata")}),
    )
    readonly_fields = ("email_verified_at", "deleted_at", "address_book")
    add_fieldsets = (
        (None, {"fields": ("username", "email", "usable_password", "password1", "password2")}),
    )

    @admin.display(description=_("Addresses"))
    def address_book(self, user: User) -> str:
        """Return the addresses of a user. Only the user changes them."""
        rows = ((_describe(address),) for address in user.addresses.order_by("pk"))
        return format_html_join("", "<p>{}</p>", rows) or "-"

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Offer the languages of the shop, and normalize phone numbers."""
        if db_field.name == "phone":
            return PhoneFormField(
                max_length=PHONE_LENGTH, required=False, help_text=db_field.help_text
            )
        if db_field.name == "language":
            choices = [("", "---------"), *languages_of_buyers().items()]
            return forms.ChoiceField(choices=choices, required=False, help_text=db_field.help_text)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        """Fold the search term, as the keys are folded."""
        return super().get_search_results(request, queryset, _search_key(search_term))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: users are deactivated instead, since their orders are kept."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Allow staff to change customers and themselves, and superusers to change all users."""
        is_other_staff = obj is not None and obj.is_staff and obj != request.user
        allowed = super().has_change_permission(request, obj)
        return allowed and (request.user.is_superuser or not is_other_staff)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Leave out the fields that grant permissions, unless a superuser edits the user."""
        fieldsets = super().get_fieldsets(request, obj)
        if request.user.is_superuser:
            return fieldsets
        return [
            (name, {**options, "fields": [f for f in options["fields"] if f not in _PRIVILEGES]})
            for name, options in fieldsets
        ]

    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **kwargs: Any) -> Any:
        """Offer the permissions that the shop asks for."""
        if db_field.name == "user_permissions":
            kwargs["queryset"] = offered_permissions()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @method_decorator(sensitive_post_parameters())
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        """Leave out the transaction of Django's view: the one of the form can be rolled back."""
        return self._add_view(request, form_url, extra_context)  # type: ignore[attr-defined]

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:  # noqa: A002 - Django's name
        """Set the password once for each form."""
        show = partial(super().user_change_password, request, id, form_url)
        if request.method != "POST":
            return show()
        return self.submit_once(request, show, show_errors=False)

    @admin.action(description=_("Log selected users out everywhere"), permissions=["change"])
    def log_out_everywhere(
        self, request: HttpRequest, queryset: QuerySet[User]
    ) -> HttpResponse | None:
        """End all sessions of the users."""

        def log_out(user: User) -> None:
            if not self.has_change_permission(request, user):
                raise StaffProtected
            services.log_out_everywhere(user=user)

        work = Work(
            log_out,
            note=_("Their sessions end on every device, in the API and here."),
        )
        return self.act(request, queryset, "logged out everywhere", work)
