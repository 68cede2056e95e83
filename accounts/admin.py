"""The accounts' desk: users, and the end of their logins."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from accounts import services
from accounts.models import User, fold

admin.site.site_header = admin.site.site_title = "Shop"
admin.site.index_title = "Desk"

# Rows that only accounts.tokens understands; deleting one would revive a login.
admin.site.unregister([BlacklistedToken, OutstandingToken])


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    """Customers and staff."""

    list_display = ("id", "username", "email", "is_active", "is_staff", "date_joined")
    list_display_links = ("id", "username")
    list_filter = ("is_active", "is_staff", "is_superuser")
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("username_key", "email_key")
    search_help_text = "A part of the username or e-mail address, in any spelling."
    ordering = ("-id",)
    actions = ("log_out_everywhere",)
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

    @admin.action(description="Log selected users out everywhere", permissions=["change"])
    def log_out_everywhere(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """End every login of each."""
        for user in queryset:
            services.log_out_everywhere(user=user)
        self.message_user(request, "They are logged out everywhere.", messages.SUCCESS)
