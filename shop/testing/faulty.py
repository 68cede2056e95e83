"""Production's settings, with points at which a test may kill a worker or hold it up.

FAULTS names the folder that ``shop.core.faults`` looks into.
"""

import os

from shop.settings import *  # noqa: F403 - all of them

FAULTS = os.environ["FAULTS"]
