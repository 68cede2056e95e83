"""What every viewset of the shop shares, and nothing more."""

from functools import cache, cached_property
from typing import Any, cast

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.serializers import Serializer
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

ID = "[0-9]{1,18}"


class ShopViewSet(GenericViewSet[Any]):
    """A viewset whose unknown methods are a 405, before anyone is asked who they are."""

    lookup_value_regex = ID
    http_method_names = ["get", "head", "post", "patch", "delete"]  # OPTIONS is CORS's, not ours

    @cached_property
    def allowed_methods(self) -> list[str]:
        """What the path takes, worked out once: an answer's ``Allow`` asks too."""
        return super().allowed_methods

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse unknown methods, then do what DRF does."""
        if request.method not in self.allowed_methods:
            raise MethodNotAllowed(str(request.method))
        super().initial(request, *args, **kwargs)

    def perform_content_negotiation(
        self,
        request: Request,
        force: bool = False,  # noqa: FBT001, FBT002 - DRF's signature
    ) -> tuple[BaseRenderer, str]:
        """Choose JSON, all that we write, at once where it is welcome; DRF parses and sorts."""
        if not takes_json(request.META.get("HTTP_ACCEPT", "*/*")):
            return super().perform_content_negotiation(request, force)
        renderer = self.get_renderers()[0]
        return renderer, renderer.media_type


def takes_json(accept: str) -> bool:
    """Whether an Accept header takes JSON for certain: it is missing, or names JSON or anything."""
    if accept in _WELCOME:
        return True
    return not _WELCOME.isdisjoint(part.partition(";")[0].strip() for part in accept.split(","))


_WELCOME = frozenset({"*/*", "application/json"})


class IsStaff(BasePermission):
    """Staff alone: 401 for the anonymous, 403 for customers."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return True for an active member of staff."""
        return bool(request.user and request.user.is_active and request.user.is_staff)


class StaffMay(IsStaff):
    """Staff who have a permission of Django's: 401 for the anonymous, 403 for the others."""

    def __init__(self, needed: str) -> None:
        """``needed`` as in "catalog.change_product"."""
        self.needed = needed
        self.message = f"Your role does not allow this: it lacks the permission {needed}."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return True for an active member of staff who has the permission."""
        return super().has_permission(request, view) and request.user.has_perm(self.needed)


def read(shape: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    """Return the request's body as ``shape`` reads it. Raises ValidationError, a 400."""
    return cast("dict[str, Any]", _built(shape).run_validation(request.data))


@cache
def _built(shape: type[Serializer[Any]]) -> Serializer[Any]:
    """Return the one instance that reads every body of this shape: to read changes nothing in it.

    A new one copies its fields, which costs more than to check a small body. So a shape's rules
    look at what they are given alone, and not at ``initial_data``, ``instance`` or ``context``.
    """
    return shape()
