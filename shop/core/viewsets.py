"""The base class of viewsets, permissions, and the validation of request bodies."""

from collections.abc import Callable, Mapping
from functools import cache, cached_property
from operator import attrgetter
from typing import Any, ClassVar, cast

from django.core.signals import setting_changed
from django.db.models import Model, QuerySet
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from rest_framework.exceptions import MethodNotAllowed, ParseError
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ValidationError
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from shop.core.errors import NotYours, PermissionMissing
from shop.core.permissions import has_staff_permission
from shop.core.query import action_of, check_query
from shop.core.serializers import RequestSerializer
from shop.core.unknown import unknown_names

ID = "[0-9]{1,18}"
_NO_LENGTH = (None, "", "0")


class StrictView(APIView):
    """Refuses what the operation does not take: unknown parameters, and a body if it has none."""

    reads_raw_body = False
    """Whether the view reads the body itself, as the webhooks do."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the request after authentication, permissions and rate limits."""
        super().initial(request, *args, **kwargs)
        self.check_request(request)

    def check_request(self, request: Request) -> None:
        """Raise ValidationError or ParseError (400) for what the operation does not take."""
        if request.META.get("QUERY_STRING"):
            check_query(self, request.query_params)
        action = action_of(self)
        takes_body = self.reads_raw_body or getattr(action, "takes_body", action is not None)
        if not takes_body and has_body(request):
            _refuse_body(request.data)


def has_body(request: Request | HttpRequest) -> bool:
    """Return whether a request has a body, by its Content-Length."""
    return request.META.get("CONTENT_LENGTH") not in _NO_LENGTH


def _refuse_body(data: Any) -> None:
    """Raise an error for a body with content, where none is read; ``{}`` and null are accepted."""
    if isinstance(data, Mapping):
        unknown = unknown_names("member", data, [])
        if unknown:
            raise ValidationError(unknown)
    elif data is not None:
        raise ParseError(_("This request takes no body."))


class ShopViewSet(StrictView, GenericViewSet[Any]):
    """Checks the method before authentication, so that an unknown one is a 405 for everyone."""

    permissions: ClassVar[Mapping[str, str]] = {}
    """The permission that staff need, by action. ``permission_classes`` decide about the others.

    The admin offers these permissions for groups and users.
    """

    lookup_value_regex = ID
    http_method_names = [
        "get",
        "head",
        "post",
        "patch",
        "delete",
    ]  # django-cors-headers handles OPTIONS

    @cached_property
    def allowed_methods(self) -> list[str]:
        """The methods of the path, cached per request: the ``Allow`` header needs them too."""
        return super().allowed_methods

    @property
    def asked_action(self) -> str | None:
        """The action of the request. DRF sets ``action`` after it has asked for authenticators."""
        method = str(self.request.method).lower() if self.request else ""
        name: str | None = self.action_map.get(method)
        return name

    def get_permissions(self) -> list[Any]:
        """Look the action up in ``permissions``."""
        needed = self.permissions.get(self.action or "")
        return [StaffMay(needed)] if needed else list(super().get_permissions())

    def page_of(self, rows: QuerySet[Any], serialize: Callable[[Any], Any]) -> Response:
        """Return a page of rows, each as ``serialize`` returns it."""
        page = self.paginate_queryset(rows) or ()
        return self.get_paginated_response([serialize(row) for row in page])

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Raise MethodNotAllowed for an unknown method, before authentication."""
        if request.method not in self.allowed_methods:
            raise MethodNotAllowed(str(request.method))
        super().initial(request, *args, **kwargs)

    def perform_content_negotiation(
        self,
        request: Request,
        force: bool = False,  # noqa: FBT001, FBT002 - DRF's signature
    ) -> tuple[BaseRenderer, str]:
        """Choose JSON at once if the client accepts it, which saves DRF parsing the header."""
        if not accepts_json(request.META.get("HTTP_ACCEPT", "*/*")):
            return super().perform_content_negotiation(request, force)
        renderer = self.get_renderers()[0]
        return renderer, renderer.media_type


def accepts_json(accept: str) -> bool:
    """Return whether an Accept header includes JSON or any type, whatever the weights."""
    if accept in _JSON_TYPES:
        return True
    return not _JSON_TYPES.isdisjoint(part.partition(";")[0].strip() for part in accept.split(","))


_JSON_TYPES = frozenset({"*/*", "application/json"})


class IsStaff(BasePermission):
    """Allows staff: 401 for anonymous users, 403 for customers."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return True for an active member of staff."""
        return bool(request.user and request.user.is_active and request.user.is_staff)


class StaffMay(IsStaff):
    """Allows staff with a permission: 401 for anonymous users, 403 for others."""

    def __init__(self, needed: str) -> None:
        """``needed`` is a permission such as "catalog.change_product"."""
        self.needed = needed

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return True for an active member of staff who has the permission.

        Raises PermissionMissing for other users, False stands for a 401.
        """
        if super().has_permission(request, view) and request.user.has_perm(self.needed):
            return True
        if request.user and request.user.is_authenticated:
            raise PermissionMissing(permission=self.needed)
        return False


class OwnOrStaffMay(IsAuthenticated):
    """Allows changes of the caller's own rows, and staff with a permission those of others.

    ``get_queryset`` must show buyers only their own rows. Members of staff may see a row that they
    may not change: 403.
    """

    def __init__(self, needed: str, *, owner: str, guests: bool = False) -> None:
        """``owner`` is the path of the attribute with the id of a row's owner.

        With ``guests``, the view decides whether a request without a login may be sent.
        """
        self.needed = needed
        self.owner_of = attrgetter(owner)
        self.guests = guests

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return True for users, and for guests if the view decides about them."""
        return self.guests or super().has_permission(request, view)

    def has_object_permission(self, request: Request, view: APIView, obj: Any) -> bool:
        """Return True without SQL for buyers, because the queryset has already decided.

        Raises NotYours for staff without the permission.
        """
        user = request.user
        if not user.is_staff or has_staff_permission(user, self.needed):
            return True
        if self.owner_of(obj) != user.pk:
            raise NotYours(permission=self.needed)
        return True


def permissions_asked_for() -> set[str]:
    """Return the permissions of every viewset that is loaded, such as "payments.add_refund".

    They are those in ``permissions``, and those of the model of ``queryset``.
    """
    found: set[str] = set()
    classes: list[Any] = [ShopViewSet]
    while classes:
        viewset = classes.pop()
        found.update(viewset.permissions.values())
        if viewset.queryset is not None:
            found.update(_permissions_of(viewset.queryset.model))
        classes += viewset.__subclasses__()
    return found


def _permissions_of(model: type[Model]) -> set[str]:
    options = model._meta  # noqa: SLF001 - documented by Django
    verbs = options.default_permissions
    return {f"{options.app_label}.{verb}_{options.model_name}" for verb in verbs}


def read(serializer: type[RequestSerializer], request: Request) -> dict[str, Any]:
    """Return the validated body of the request. Raises ValidationError (400)."""
    return validated(serializer, request.data)


def validated(serializer: type[RequestSerializer], data: Any) -> dict[str, Any]:
    """Return data as a serializer validates it. Raises ValidationError (400)."""
    return cast("dict[str, Any]", _instance_of(serializer, get_language()).run_validation(data))


@cache
def _instance_of(serializer: type[RequestSerializer], language: str) -> RequestSerializer:
    """Return the instance that validates all bodies of a serializer, in every thread.

    Each language has its own, because DRF keeps the first text of some messages in the fields.

    A new instance copies its fields, which takes longer than validating a small body. Validators
    must therefore use their arguments only, not ``initial_data``, ``instance`` or ``context``.
    """
    return serializer()


@receiver(setting_changed)
def _forget_instances(*, setting: str, **_others: object) -> None:
    """Read the languages again in tests that change them."""
    if setting == "SHOP_LANGUAGES":
        _instance_of.cache_clear()
