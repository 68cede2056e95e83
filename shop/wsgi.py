"""The WSGI application: all of the shop in plain mode, Django's part of it in fast mode."""

import os

from shop.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

application = get_wsgi_application()
