"""Every path of the shop. Any other path is a 404 in JSON, also with ``DEBUG``."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from catalog.feeds import views as feeds
from catalog.images import files
from catalog.images.views import serve_image
from shop.core import handlers
from shop.core.documents import AdminGenerator, DocsView, SchemaView, StoreGenerator
from shop.core.health import healthz, readyz
from shop.core.index import index
from shop.core.metrics.views import metrics
from shop.mail import own_pages
from shop.mail import views as mail
from shop.router import by_slug, router

urlpatterns = [
    path("api/", include(router.urls)),
    path("api/", include(by_slug.urls)),
    path("api/schema/", SchemaView.as_view(), name="schema"),
    path("api/schema/store/", SchemaView.as_view(generator_class=StoreGenerator)),
    path("api/schema/admin/", SchemaView.as_view(generator_class=AdminGenerator)),
    path("api/docs/", DocsView.as_view(url_name="schema"), name="docs"),
    re_path(rf"^media/(?P<name>{files.NAME})$", serve_image, name="picture"),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
    path("sitemap.xml", feeds.sitemap_index),
    path("sitemap-<name>-<int:number>.xml", feeds.sitemap_file),
    path("feeds/google-merchant.xml", feeds.merchant_feed),
    path("mail/", mail.messages, name="development-messages"),
    path("mail/<int:number>/", mail.message, name="development-message"),
    path("mail/<int:number>/html/", mail.message_html, name="development-message-html"),
    path("storefront/order/", own_pages.order, name="own-order"),
    path("storefront/reset-password/", own_pages.reset_password, name="own-reset-password"),
    path("storefront/verify-email/", own_pages.verify_email, name="own-verify-email"),
    path("", index),
    re_path(r"", handlers.page_not_found),
]

handler400 = handlers.bad_request
handler403 = handlers.permission_denied
handler404 = handlers.page_not_found
handler500 = handlers.server_error
