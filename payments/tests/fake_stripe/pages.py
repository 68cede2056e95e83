"""Lists and their pages, newest first (docs.stripe.com/api/pagination), and expansion."""

from copy import deepcopy
from typing import Any

from payments.tests.fake_stripe import forms
from payments.tests.fake_stripe.account import Account, Object
from payments.tests.fake_stripe.errors import invalid, missing
from payments.tests.fake_stripe.forms import Form

PARAMETERS = ("limit", "starting_after", "ending_before", "created")


def page(objects: dict[str, Object], form: Form, url: str, **equal: Any) -> Object:
    """Return one page of those objects whose fields equal the values that are given."""
    limit = forms.integer(form, "limit")
    limit = 10 if limit is None else limit
    if not 1 <= limit <= 100:
        raise invalid("Invalid limit: must be between 1 and 100.", "limit")
    created = _created(form)
    found = [
        each
        for each in reversed(objects.values())
        if all(each[name] == value for name, value in equal.items() if value is not None)
        and all(holds(each["created"]) for holds in created)
    ]
    found, has_more = _cut(found, form, limit, objects)
    return {"object": "list", "url": url, "has_more": has_more, "data": found}


def _created(form: Form) -> list[Any]:
    wanted = form.get("created", {})
    if not isinstance(wanted, dict):
        wanted = {"gte": wanted, "lte": wanted}
    forms.only(wanted, "gt", "gte", "lt", "lte", known_as="created")
    bounds = {name: forms.integer(wanted, name) for name in wanted}
    tests = {"gt": int.__gt__, "gte": int.__ge__, "lt": int.__lt__, "lte": int.__le__}
    return [lambda at, name=name: tests[name](at, bounds[name]) for name in bounds]


def _cut(
    found: list[Object], form: Form, limit: int, objects: dict[str, Object]
) -> tuple[list[Object], bool]:
    """Return the page after or before the cursor, and whether there is more that way."""
    after, before = form.get("starting_after"), form.get("ending_before")
    if after and before:
        raise invalid("You cannot use both starting_after and ending_before.", "ending_before")
    order = {pk: place for place, pk in enumerate(reversed(objects))}
    for name, cursor in (("starting_after", after), ("ending_before", before)):
        if cursor and cursor not in order:
            raise missing("object", cursor, param=name)
    if before:
        found = [each for each in found if order[each["id"]] < order[before]]
        return found[-limit:], len(found) > limit
    if after:
        found = [each for each in found if order[each["id"]] > order[after]]
    return found[:limit], len(found) > limit


def expand(account: Account, answer: Object, form: Form) -> Object:
    """Return a copy of the answer with each ``expand[]`` in place of its id.

    docs.stripe.com/api/expanding_objects
    """
    answer = deepcopy(answer)
    paths = form.get("expand", [])
    for path in paths if isinstance(paths, list) else [paths]:
        first, *rest = path.split(".")
        targets = answer["data"] if first == "data" else [answer]
        for target in targets:
            _expand(account, target, rest if first == "data" else [first, *rest], path)
    return answer


def _expand(account: Account, target: Object, path: list[str], full: str) -> None:
    name, *rest = path
    if name not in target:
        raise invalid(f"This property cannot be expanded ({full}).", "expand")
    if isinstance(target[name], str):
        target[name] = deepcopy(account.find(target[name]) or target[name])
    if rest and isinstance(target[name], dict):
        _expand(account, target[name], rest, full)
