"""The security log: logins, changes of permissions, exports, and what looks like an attack.

The lines go to the logger ``shop.security``, which can have a handler of its own. Each has the
member ``event``, and like every line the request's id, the client's address and the user, if known.
docs/security.md lists the events.
"""

import hmac
import logging
from hashlib import sha256
from typing import Any

from django.conf import settings

logger = logging.getLogger("shop.security")


def log_security(event: str, *, suspicious: bool = False, **facts: Any) -> None:
    """Write a line about ``event``: a warning if it is ``suspicious``."""
    text = " ".join(f"{name}={value}" for name, value in facts.items())
    level = logging.WARNING if suspicious else logging.INFO
    logger.log(level, "%s %s", event, text, extra={"facts": {"event": event, **facts}})


def digest_of(name: str) -> str:
    """Return a digest of a name that was entered, for lines about unknown accounts.

    The name itself is not logged, because people enter passwords as names by mistake. The same
    name always has the same digest, so that attempts can be counted.
    """
    key = settings.SECRET_KEY.encode()
    return hmac.new(key, name.encode(errors="replace"), sha256).hexdigest()[:16]
