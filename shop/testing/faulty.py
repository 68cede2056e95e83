"""The production settings with fault points (``shop.testing.faults``).

The environment variable FAULTS names the folder of the files that arm them.
"""

import os

from shop.settings import *  # noqa: F403

INSTALLED_APPS += ["shop.testing.faults.FaultsConfig"]  # noqa: F405
FAULTS = os.environ["FAULTS"]
# The manifest storage needs collectstatic.
STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"  # noqa: F405
