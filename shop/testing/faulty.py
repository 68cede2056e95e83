"""Production's settings, with points at which a test may kill a worker or hold it up.

FAULTS names the folder of ``shop.testing.faults``.
"""

import os

from shop.settings import *  # noqa: F403 - all of them

INSTALLED_APPS += ["shop.testing.faults.FaultsConfig"]  # noqa: F405
FAULTS = os.environ["FAULTS"]
