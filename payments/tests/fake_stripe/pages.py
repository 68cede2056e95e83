"""Pagination, newest first (docs.stripe.com/api/pagination), and expansion of objects."""

from copy import deepcopy
from typing import Any

from payments.tests.fake_stripe import forms
from payments.tests.fake_stripe.account import Account, Object
from payments.tests.fake_stripe.errors import invalid, missing
from payments.tests.fake_stripe.forms import Form

PARAMETERS = ("limit", "starting_after", "ending_before", "created")


def page(objects: dict[str, Object], form: Form, url: str, **equal: Any) -> Object:
    """Return one page of the objects whose fields equal the given values other than None."""
    limit = forms.integer(form, "limit")
    limit = 10 if limit is None else limit
    if not 1 <= limit <= 100:
        raise invalid("Invalid limit: must be between 1 and 100.", "limit")
    created_filters = _created_filters(form)
    found = [
        obj
        for obj in reversed(objects.values())
        if all(obj[name] == value for name, value in equal.items() if value is not None)
        and all(matches(obj["created"]) for matches in created_filters)
    ]
    found, has_more = _paginate(found, form, limit, objects)
    return {"object": "list", "url": url, "has_more": has_more, "data": found}


def _created_filters(form: Form) -> list[Any]:
    """Return a function for each bound of ``created``, which says whether a time is within it."""
    bounds = form.get("created", {})
    if not isinstance(bounds, dict):
        bounds = {"gte": bounds, "lte": bounds}
    forms.check_names(bounds, "gt", "gte", "lt", "lte", parent="created")
    times = {name: forms.integer(bounds, name) for name in bounds}
    operators = {"gt": int.__gt__, "gte": int.__ge__, "lt": int.__lt__, "lte": int.__le__}
    return [lambda time, name=name: operators[name](time, times[name]) for name in times]


def _paginate(
    found: list[Object], form: Form, limit: int, objects: dict[str, Object]
) -> tuple[list[Object], bool]:
    """Return the page after or before the cursor, and whether more objects follow."""
    after, before = form.get("starting_after"), form.get("ending_before")
    if after and before:
        raise invalid("You cannot use both starting_after and ending_before.", "ending_before")
    positions = {pk: position for position, pk in enumerate(reversed(objects))}
    for name, cursor in (("starting_after", after), ("ending_before", before)):
        if cursor and cursor not in positions:
            raise missing("object", cursor, param=name)
    if before:
        found = [obj for obj in found if positions[obj["id"]] < positions[before]]
        return found[-limit:], len(found) > limit
    if after:
        found = [obj for obj in found if positions[obj["id"]] > positions[after]]
    return found[:limit], len(found) > limit


def expand(account: Account, response: Object, form: Form) -> Object:
    """Return a copy of the response in which each ``expand[]`` replaces an id by its object.

    docs.stripe.com/api/expanding_objects
    """
    response = deepcopy(response)
    paths = form.get("expand", [])
    for path in paths if isinstance(paths, list) else [paths]:
        first, *rest = path.split(".")
        targets = response["data"] if first == "data" else [response]
        for target in targets:
            _expand(account, target, rest if first == "data" else [first, *rest], path)
    return response


def _expand(account: Account, target: Object, path: list[str], full: str) -> None:
    name, *rest = path
    if name not in target:
        raise invalid(f"This property cannot be expanded ({full}).", "expand")
    if isinstance(target[name], str):
        target[name] = deepcopy(account.find(target[name]) or target[name])
    if rest and isinstance(target[name], dict):
        _expand(account, target[name], rest, full)
