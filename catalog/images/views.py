"""The endpoints of a product's images, and the view that serves their files."""

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
from catalog.products.models import Product
from shop.core.errors import Unavailable
from shop.core.idempotency import idempotent
from shop.core.links import origin_of
from shop.core.openapi import describe
from shop.core.parsers import UploadParser
from shop.core.viewsets import ShopViewSet, read


class ImageViewSet(ShopViewSet):
    """Images of a product or a variant. Only staff write them; the product's response has them."""

    queryset = ProductImage.objects.none()
    serializer_class = ImageSerializer
    pagination_class = None
    permissions = {
        "create": "catalog.add_productimage",
        "partial_update": "catalog.change_productimage",
        "destroy": "catalog.delete_productimage",
    }

    def get_parsers(self) -> list[BaseParser]:
        """Parse multipart forms for uploads, and JSON otherwise."""
        is_upload = self.request is not None and self.request.method == "POST"
        return [UploadParser()] if is_upload else super().get_parsers()

    @describe(
        "Add picture",
        takes={"multipart/form-data": NewImageSerializer},
        answers={201: ImageSerializer},
        refuses=[ProductNotFound, ImageInvalid, ImageTooLarge, ImageLimit],
    )
    def create(self, request: Request, product_id: str) -> HttpResponseBase:
        """Add an image. It is converted to two sizes; metadata in the file is discarded."""
        self._check_product(product_id)
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
        """Change alternative text, its translations or position of an image."""
        self._check_product(product_id)
        changes = read(ImageChangesSerializer, request)
        image = services.update_image(product_id=int(product_id), image_id=int(pk), **changes)
        return Response(serialize_image_instance(image, origin=origin_of(request)))

    @describe("Delete picture", answers={204: None}, refuses=[ProductNotFound, ImageNotFound])
    def destroy(self, request: Request, product_id: str, pk: str) -> Response:
        """Delete an image and its files."""
        self._check_product(product_id)
        services.delete_image(product_id=int(product_id), image_id=int(pk))
        return Response(status=204)

    def _check_product(self, product_id: str) -> None:
        """Raise ProductNotFound unless the caller may see the product."""
        products = Product.objects.visible_to(self.request.user)
        if not products.filter(pk=product_id).exists():
            raise ProductNotFound


@csrf_exempt  # so that other methods than GET and HEAD get a 405 instead of a CSRF error page
@require_safe
def serve_image(request: HttpRequest, name: str) -> HttpResponse:
    """Return the file of an image. Clients may cache it forever, because files never change."""
    try:
        with default_storage.open(name) as file:
            content = file.read()
    except FileNotFoundError:
        raise Http404 from None
    except OSError as error:
        raise Unavailable from error
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return HttpResponse(content, content_type="image/webp", headers=headers)
