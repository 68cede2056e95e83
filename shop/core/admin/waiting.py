"""What waits for staff: numbers of rows on the admin's first page, with links to their lists."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

MAX_COUNT = 1000
"""More rows are not counted, so that the page stays fast."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Rows of a model that staff have to do something about. An index should find them.

    ``lookups`` returns the conditions of the rows, which are the query of the list too.
    """

    label: "str | _StrPromise"
    lookups: Callable[[], dict[str, Any]]
    query: str = ""
    """The query of the list, if it has a filter for these rows."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A link to rows that wait."""

    label: "str | _StrPromise"
    url: str
    count: int

    @property
    def shown_count(self) -> str:
        """The number of rows."""
        return f"{self.count:,}" if self.count < MAX_COUNT else f"{MAX_COUNT:,}+"


def entries_of(request: HttpRequest, model_admin: Any) -> Iterator[Entry]:
    """Yield what waits of a model, if the user may view it. Sends a statement for each."""
    kinds = getattr(model_admin, "waiting", ())
    if not kinds or not model_admin.has_view_permission(request):
        return
    options = model_admin.opts
    page = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
    for kind in kinds:
        lookups = kind.lookups()
        rows = model_admin.model.objects.filter(**lookups).order_by()
        count = rows.values("pk")[:MAX_COUNT].count()
        if count:
            yield Entry(kind.label, f"{page}?{kind.query or _query(lookups)}", count)


def _query(lookups: dict[str, Any]) -> str:
    """Return the query with which a list shows the same rows."""
    return urlencode(
        {
            name: ",".join(map(str, value)) if isinstance(value, list) else value
            for name, value in lookups.items()
        }
    )
