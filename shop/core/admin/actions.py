"""Actions on selected rows: a page shows what will happen, and each row is changed once.

The page finds the rows that will be refused by calling the service in a transaction that it rolls
back, so that it says what the service will say.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from shop.core.admin.forms import refusals_of
from shop.core.errors import ShopError
from shop.core.form_keys import AlreadySent, KeyExpired, save_once
from shop.core.money import ZERO, show

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin as _Base
    from django_stubs_ext import StrOrPromise
else:
    _Base = object

M = TypeVar("M", bound=Model)
_Amount = tuple[Decimal, str]
"""An amount of money and its currency."""


class _Result(Enum):
    DONE = "done"
    DONE_BEFORE = "done before"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Work:
    """What an action does with a row.

    ``begin`` writes, in a transaction. ``finish`` gets what ``begin`` returned, after the commit,
    and may call a service outside the database. ``amount`` is the money that is concerned.
    """

    begin: Callable[[Any], Any]
    finish: Callable[[Any], object] | None = None
    amount: Callable[[Any], _Amount] | None = None
    note: "StrOrPromise" = ""
    """A sentence about the consequences, for the page that asks for confirmation."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A row on the page that asks for confirmation. ``reason`` is why it will be refused."""

    row: Model
    url: str
    amount: _Amount | None
    reason: str

    @property
    def shown_amount(self) -> str:
        """The amount with its currency."""
        return f"{show(self.amount[0])} {self.amount[1]}" if self.amount else ""


class ConfirmedActions(_Base):
    """A part of ``ShopModelAdmin``."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Refuse an action that the user may not run, which Django's view ignores."""
        chosen = set(request.POST.getlist("action")) - {""}
        if not chosen <= set(self.get_actions(request)):
            raise PermissionDenied
        return super().changelist_view(request, extra_context)

    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Delete the selected rows."""
        return self.act(
            request, queryset, "deleted", Work(lambda row: self.delete_model(request, row))
        )

    def act(
        self, request: HttpRequest, rows: QuerySet[M], verb: str, work: Work
    ) -> HttpResponse | None:
        """Ask for confirmation, then do the work with each row, and report every row.

        At most one page of rows: each is a transaction, and each error a message. ``verb`` is a
        past participle, such as "cancelled".
        """
        chosen = list(rows[: self.list_per_page + 1])
        if len(chosen) > self.list_per_page:
            words = _("Choose at most {limit} at a time; nothing was changed.")
            message = words.format(limit=self.list_per_page)
            self.message_user(request, message, messages.ERROR)
            return None
        if "post" not in request.POST:
            return self._ask(request, chosen, verb, work)
        try:
            results = [(row, self._act_on(request, row, verb, work)) for row in chosen]
        except KeyExpired as error:
            self.message_user(request, str(error), messages.ERROR)
            return None
        self._report(request, results, verb)
        return None

    def act_on_one(
        self, request: HttpRequest, row: Model, verb: str, work: Work, *, back: str = ""
    ) -> HttpResponse:
        """Ask for confirmation; if the form was sent, do the work with a row, and report it.

        Then the browser goes to ``back``, without it to the page of the row.
        """
        back = back or _page_of(row)
        if request.method != "POST":
            return self._ask(request, [row], verb, work, back=back)
        try:
            self._report(request, [(row, self._act_on(request, row, verb, work))], verb)
        except KeyExpired as error:
            self.message_user(request, str(error), messages.ERROR)
        return HttpResponseRedirect(back)

    def _report(
        self, request: HttpRequest, results: Sequence[tuple[M, _Result]], verb: str
    ) -> None:
        """Say which rows were changed, and which had been changed by the same form."""
        done = [str(row) for row, result in results if result == _Result.DONE]
        before = [str(row) for row, result in results if result == _Result.DONE_BEFORE]
        if done:
            words = _(" ({count} of {total})")
            count = words.format(count=len(done), total=len(results)) if len(results) > 1 else ""
            message = f"{capfirst(_(verb))}: {', '.join(done)}{count}."
            self.message_user(request, message, messages.SUCCESS)
        if before:
            words = _("This form was already sent; nothing was changed: {rows}.")
            message = words.format(rows=", ".join(before))
            self.message_user(request, message, messages.WARNING)

    def _act_on(self, request: HttpRequest, row: M, verb: str, work: Work) -> _Result:
        """Do the work with a row, once for each confirmation. Raises KeyExpired."""

        def begin() -> Any:
            if work.finish is None:  # first, because a deleted row has no id
                self.log_change(request, row, f"{verb.capitalize()}.")
            return work.begin(row)

        try:
            begun = save_once(request, begin, part=str(row.pk))
            if work.finish is not None:
                work.finish(begun)
                self.log_change(request, row, f"{verb.capitalize()}.")
        except AlreadySent:
            return _Result.DONE_BEFORE
        except (ShopError, IntegrityError) as error:
            sentence = refusals_of(error, {})[0][1]
            self.message_user(request, f"{row}: {sentence}", messages.ERROR)
            return _Result.REFUSED
        return _Result.DONE

    def _ask(
        self, request: HttpRequest, rows: Sequence[Model], verb: str, work: Work, *, back: str = ""
    ) -> HttpResponse:
        """Return the page that shows what will happen to which rows."""
        lines = [self._line(row, work) for row in rows]
        noun = partial(_noun, rows[0] if rows else self.model)
        accepted = [line for line in lines if not line.reason]
        context = {
            **self.admin_site.each_context(request),
            "title": _("{count} {noun} will be {verb}").format(
                count=len(accepted), noun=noun(len(accepted)), verb=_(verb)
            ),
            "opts": self.opts,
            "action": _action_of(request),
            "back": back or request.get_full_path(),
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
            "verb": _(verb),
            "note": work.note,
            "accepted": accepted,
            "refused": [line for line in lines if line.reason],
            "refused_noun": noun(len(lines) - len(accepted)),
            "totals": _totals(accepted),
        }
        request.current_app = self.admin_site.name
        return render(request, "admin/confirm_action.html", context)

    def _line(self, row: Model, work: Work) -> _Line:
        return _Line(
            row,
            _page_of(row),
            work.amount(row) if work.amount else None,
            reason_of(row, work.begin),
        )


def _noun(row: Model | type[Model], count: int) -> str:
    options = row._meta  # noqa: SLF001 - documented by Django
    return str(options.verbose_name if count == 1 else options.verbose_name_plural)


def reason_of(row: Model, begin: Callable[[Any], Any]) -> str:
    """Return why the work will be refused, or an empty text. Changes nothing."""
    try:
        with transaction.atomic():
            begin(row)
            transaction.set_rollback(True)
    except (ShopError, IntegrityError) as error:
        return refusals_of(error, {})[0][1]
    return ""


def _action_of(request: HttpRequest) -> str:
    """Return the action whose button was used. A list has buttons above and below it.

    A page about one row has no action.
    """
    actions = request.POST.getlist("action") or [""]
    index = request.POST.get("index", "0")
    return actions[int(index) if index.isdecimal() and int(index) < len(actions) else -1]


def _totals(lines: Sequence[_Line]) -> list[str]:
    """Return the sum of the amounts of each currency."""
    sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for line in lines:
        if line.amount is not None:
            sums[line.amount[1]] += line.amount[0]
    return [f"{show(amount)} {currency}" for currency, amount in sorted(sums.items())]


def _page_of(row: Model) -> str:
    name = row._meta.label_lower.replace(".", "_")  # noqa: SLF001 - documented by Django
    try:
        return reverse(f"admin:{name}_change", args=[row.pk])
    except NoReverseMatch:
        return ""
