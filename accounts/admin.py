"""The accounts' desk: users, and the end of their logins."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.views import APIView
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from accounts import services
from accounts.models import User, fold
from accounts.throttles import LoginAccountThrottle, LoginAddressThrottle
from shop.core.admin import ShopModelAdmin

_POWERS = ("is_staff", "is_superuser", "groups", "user_permissions")


class LimitedLoginForm(AdminAuthenticationForm):
    """The desk's login, under the limits of the API's: one count for both doors."""

    def clean(self) -> dict[str, Any]:
        """Refuse one attempt too many, right or wrong; failures alone are counted."""
        desk_request, view = cast("HttpRequest", self.request), cast("APIView", None)
        request = Request(desk_request, parsers=[FormParser(), MultiPartParser()])
        throttles = (LoginAccountThrottle(), LoginAddressThrottle())
        if [throttle for throttle in throttles if not throttle.allow_request(request, view)]:
            raise ValidationError("Too many attempts; try again later.", code="too_many_requests")
        cleaned = super().clean()
        for throttle in throttles:
            throttle.forgive(request)
        return cleaned


admin.site.site_header = admin.site.site_title = "Shop"
admin.site.index_title = "Desk"
admin.site.site_url = None  # the shop is headless: there is no site to view

# Rows that only accounts.tokens understands; deleting one would revive a login.
admin.site.unregister([BlacklistedToken, OutstandingToken, Group])
admin.site.login_form = LimitedLoginForm


def _permissions_of_the_desk() -> QuerySet[Permission]:
    """Return those that open something here; a form that offered all could not send all back."""
    kinds = ContentType.objects.get_for_models(*admin.site._registry)  # noqa: SLF001 - no public name
    return Permission.objects.filter(content_type__in=kinds.values()).select_related("content_type")


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin):
    """Roles of staff, for superusers alone: who may change a role may give themselves any."""

    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **kwargs: Any) -> Any:
        """Offer the desk's permissions."""
        if db_field.name == "permissions":
            kwargs["queryset"] = _permissions_of_the_desk()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers alone."""
        return bool(request.user.is_superuser)

    has_add_permission = has_change_permission = has_view_permission
    has_delete_permission = has_module_permission = has_view_permission


@admin.register(User)
class UserAdmin(ShopModelAdmin, DjangoUserAdmin):
    """Customers and staff; only superusers change staff, or make someone staff."""

    list_display = ("id", "username", "email", "is_active", "is_staff", "date_joined")
    list_display_links = ("id", "username")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("username_key", "email_key")
    search_help_text = "A part of the username or e-mail address, in any spelling."
    ordering = ("-id",)  # which Django's own admin of users would turn
    actions = ("log_out_everywhere",)
    fieldsets = (
        *(DjangoUserAdmin.fieldsets or ()),
        ("Metadata", {"fields": ("metadata", "private_metadata")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "email", "usable_password", "password1", "password2")}),
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        """Fold what is searched for as the keys are folded."""
        return super().get_search_results(request, queryset, fold(search_term))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Users are deactivated: their orders stay in the books."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Staff who are no superusers change customers and themselves: no other's password."""
        is_superior = obj is not None and obj.is_staff and obj != request.user
        allowed = super().has_change_permission(request, obj)
        return allowed and (request.user.is_superuser or not is_superior)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Keep from the form what would make more of a user than the one who fills it in."""
        groups = super().get_fieldsets(request, obj)
        if request.user.is_superuser:
            return groups
        return [
            (name, {**group, "fields": [f for f in group["fields"] if f not in _POWERS]})
            for name, group in groups
        ]

    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **kwargs: Any) -> Any:
        """Offer the desk's permissions."""
        if db_field.name == "user_permissions":
            kwargs["queryset"] = _permissions_of_the_desk()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Tell who lost a race for a name or an address; the form has found it free."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except IntegrityError:
            message = "This username or e-mail address was taken just now; nothing was changed."
            self.message_user(request, message, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    @admin.action(description="Log selected users out everywhere", permissions=["change"])
    def log_out_everywhere(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """End every login of each."""
        self.act(
            request,
            queryset,
            "logged out everywhere",
            lambda user: services.log_out_everywhere(user=user),
        )
