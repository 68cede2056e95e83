"""Read-only pages of the admin with a button for each step that the row and the user allow."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest

from orders.admin_parts import Step
from shop.core.admin import ReadOnlyAdmin


class WithSteps(ReadOnlyAdmin):
    """The base of such pages."""

    change_form_template = "admin/orders/with_steps.html"

    class Media:
        css = {"all": ("shop/order.css",)}

    def offered(self, request: HttpRequest, row: Any) -> Iterable[Step]:
        """Return the steps that are possible now."""
        raise NotImplementedError

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Add the steps to the page."""
        context["steps"] = list(self.offered(request, context["original"]))
        return super().render_change_form(request, context, *args, **kwargs)
