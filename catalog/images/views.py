"""The operations on a product's images, and their files."""

from typing import Any

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.errors import ProductNotFound
from catalog.images import services
from catalog.images.errors import ImageInvalid, ImageLimit, ImageNotFound, ImageTooLarge
from catalog.images.files import store_image
from catalog.images.models import ProductImage
from catalog.images.serializers import (
    ImageChangesSerializer,
    ImageSerializer,
    NewImageSerializer,
    serialize_image_instance,
)
from catalog.views.answers import origin_of
from shop.core.errors import Unavailable
from shop.core.idempotency import idempotent
from shop.core.openapi import describe
from shop.core.parsers import UploadParser
from shop.core.viewsets import ShopViewSet, StaffMay, read

_PERMISSIONS = {
    "create": "catalog.add_productimage",
    "partial_update": "catalog.change_productimage",
    "destroy": "catalog.delete_productimage",
}


class ImageViewSet(ShopViewSet):
    """Pictures of a product or a variant, whose own page lists them; staff write."""

    queryset = ProductImage.objects.none()
    serializer_class = ImageSerializer
    pagination_class = None

    def get_permissions(self) -> list[Any]:
        """Writes are for staff who may, and nothing else is here."""
        return [StaffMay(_PERMISSIONS.get(self.action or "", "catalog.change_productimage"))]

    def get_parsers(self) -> list[BaseParser]:
        """A picture comes in a form, what is said of it as JSON."""
        is_upload = self.request is not None and self.request.method == "POST"
        return [UploadParser()] if is_upload else super().get_parsers()

    @describe(
        "Add picture",
        takes={"multipart/form-data": NewImageSerializer},
        answers={201: ImageSerializer},
        refuses=[ProductNotFound, ImageInvalid, ImageTooLarge, ImageLimit],
    )
    def create(self, request: Request, product_id: str) -> HttpResponseBase:
        """Add a picture, drawn anew in two sizes; all else that the file holds is left out."""
        form = read(NewImageSerializer, request)
        with store_image(form.pop("image")) as files:

            def work() -> Response:
                image = services.add_image(product_id=int(product_id), files=files, **form)
                body = serialize_image_instance(image, origin=origin_of(request))
                location = f"{request.path}{image.pk}/"
                return Response(body, status=201, headers={"Location": location})

            return idempotent(request, work)

    @describe(
        "Change picture",
        takes=ImageChangesSerializer,
        answers={200: ImageSerializer},
        refuses=[ProductNotFound, ImageNotFound],
    )
    def partial_update(self, request: Request, product_id: str, pk: str) -> Response:
        """Change what a picture says, or its place among the others."""
        changes = read(ImageChangesSerializer, request)
        image = services.update_image(product_id=int(product_id), image_id=int(pk), **changes)
        return Response(serialize_image_instance(image, origin=origin_of(request)))

    @describe("Delete picture", answers={204: None}, refuses=[ProductNotFound, ImageNotFound])
    def destroy(self, request: Request, product_id: str, pk: str) -> Response:
        """Delete a picture, and its files with it."""
        services.delete_image(product_id=int(product_id), image_id=int(pk))
        return Response(status=204)


@csrf_exempt  # for any method but GET and HEAD a 405, not a page about cookies
@require_safe
def serve_image(request: HttpRequest, name: str) -> HttpResponse:
    """Serve a picture's file; what a name once meant it means for ever."""
    try:
        with default_storage.open(name) as file:
            content = file.read()
    except FileNotFoundError:
        raise Http404 from None
    except OSError as error:
        raise Unavailable from error
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return HttpResponse(content, content_type="image/webp", headers=headers)
