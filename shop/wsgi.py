"""The WSGI application: all of the shop in plain mode, Django's part of it in fast mode."""

import os

from django.conf import settings

from shop.core import metrics
from shop.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

application = get_wsgi_application()
if settings.METRICS_TOKEN:
    metrics.start()
