"""The tables of docs/security.md: each row is tried over HTTP, by each caller."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection
from django.test import RequestFactory
from django.urls import URLResolver, get_resolver

from accounts.admin import offered_permissions
from accounts.factories import StaffFactory, UserFactory, grant, staff_with
from accounts.models import User
from shop.tests.security_world import Operation, Person, World

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "security.md"
CALLERS = ("anonymous", "buyer", "owner", "staff")
GROUPS = ("catalog manager", "checkout manager", "order clerk", "support", "accountant")
COLUMNS = ("operation", *CALLERS, "permission", "with it", "without it", *GROUPS, "superuser")

LISTS = {
    "GET /api/products/": ("products", "id", "draft"),
    "GET /api/categories/": ("categories", "id", "hidden"),
    "GET /api/orders/": ("orders", "order_id", "order"),
    "GET /api/payments/": ("payments", "payment_id", "paid"),
    "GET /api/returns/": ("returns", "return_id", "requested"),
}
"""Lists whose responses contain a further row for some callers: array, member and row."""


class Row(NamedTuple):
    operations: tuple[Operation, ...]
    permission: str
    expected: dict[str, str]


def read_rows():
    header = f"| {' | '.join(COLUMNS)} |"
    for table in PAGE.read_text().split(header)[1:]:
        for line in table.splitlines()[2:]:
            if not line.startswith("|"):
                break
            cells = dict(
                zip(COLUMNS, [cell.strip() for cell in line.strip("|").split("|")], strict=True)
            )
            written = re.findall(r"`([A-Z]+) ([^` ]+) ?([^`]*)`", cells.pop("operation"))
            permission = cells.pop("permission").replace("`", "")
            yield Row(tuple(Operation(*parts) for parts in written), permission, cells)


ROWS = list(read_rows())


def sets_of_permissions(text):
    """The sets of which each is enough: "a / b" is a or b, and "a + b" is both."""
    first, *others = text.split(" + ")
    return [{alternative, *others} for alternative in first.split(" / ")]


def names_of(permissions):
    return {f"{row.content_type.app_label}.{row.codename}" for row in permissions}


def all_but(row, offered):
    """Each permission except for those with which the row's operations are possible."""
    return offered - set(row.permission.split(" + ")[0].split(" / "))


class People:
    """The callers of all rows. Each is created, and logs in, once."""

    def __init__(self):
        self.superuser = Person(StaffFactory()).logged_in()
        self.buyer = Person(UserFactory()).logged_in()
        self.owner = Person(UserFactory(username="owner")).logged_in()
        self.in_group = {name: Person(staff_with(group=name)).logged_in() for name in GROUPS}
        self.rights_of = {
            name: names_of(Group.objects.get(name=name).permissions.all()) for name in GROUPS
        }
        self.clerk = Person(staff_with()).logged_in()
        self.offered = names_of(offered_permissions())

    def of(self, row):
        """The callers of a row: column, what they are, and their clients.

        Rights do not depend on the kind of database. On PostgreSQL each operation is tried once.
        """
        yield "superuser", "", self.superuser
        if connection.vendor == "postgresql":
            return
        yield "anonymous", "", Person()
        yield "buyer", "", self.buyer
        yield "owner", "", self.owner
        tried = []
        for column, rights in staff_of(row, self.offered):
            tried.append((row.expected[column], rights))
            grant(self.clerk.user, *rights)
            yield column, sorted(rights), self.clerk
        tried.append((row.expected["superuser"], self.offered))
        for group in GROUPS:
            if not is_between(tried, row.expected[group], self.rights_of[group]):
                yield group, "", self.in_group[group]


def staff_of(row, offered):
    """The columns of staff whose rights do not come from a group, with these."""
    yield "staff", set()
    if row.permission != "–":
        for rights in sets_of_permissions(row.permission):
            yield "with it", rights
        yield "without it", all_but(row, offered)


def is_between(tried, status, rights):
    """Whether somebody with fewer and somebody with more rights gets this status.

    Then a group gets it too: requests check which permissions a caller has, never who has them.
    """
    found = [other for expected, other in tried if expected == status]
    return any(fewer <= rights for fewer in found) and any(rights <= more for more in found)


@pytest.fixture(scope="module")
def people(module_db):
    return People()


def outcome(answer, operation, world):
    if answer.status_code == 302 and answer["Location"].startswith("/admin/login/"):
        return "login"
    if operation.key in LISTS and answer.status_code == 200:
        array, member, row = LISTS[operation.key]
        ids = [found[member] for found in answer.json()[array]]
        return "200+" if getattr(world, row).pk in ids else "200"
    return str(answer.status_code)


@pytest.mark.usefixtures("unthrottled")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.operations[0].key)
def test_each_caller_gets_the_expected_status(row, people, db, settings):
    world = World(settings, people.owner.user)
    for operation in row.operations:  # rows exist before the first request
        for name in re.findall(r"{(\w+)}", f"{operation.path} {operation.members}"):
            world.id_of(name)
        if operation.key in LISTS:
            world.id_of(LISTS[operation.key][2])
    wrong = []
    for column, permissions, person in people.of(row):
        for operation in row.operations:
            found = outcome(operation.try_as(person, world), operation, world)
            if found != row.expected[column]:
                wrong.append((operation.key, column, permissions, found, row.expected[column]))
    assert wrong == []


# -- every operation has a row -------------------------------------------------------------------


def patterns(resolver=None, prefix=""):
    """Every path of the shop, with {} for its parameters, and the view's methods if it names them."""
    for pattern in (resolver or get_resolver()).url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern, path)
        else:
            yield normalized(path), getattr(pattern.callback, "actions", None) or {"get": ""}


def normalized(path):
    path = re.sub(r"\(\?P<\w+>(?:[^()]|\([^()]*\))*\)|<[^>]+>|{\w+}", "{}", path)
    return "/" + path.partition("?")[0].replace("^", "").replace("$", "").lstrip("/")


def documented():
    return {
        f"{operation.method} {normalized(operation.path)} {operation.members}".strip()
        for row in ROWS
        for operation in row.operations
    }


def test_every_operation_outside_of_the_admin_has_a_row():
    every = {
        f"{method.upper()} {path}"
        for path, methods in patterns()
        for method in set(methods) - {"head"}  # answered as GET
        if not path.startswith("/admin")
    }
    assert len(every) > 60
    rows = {
        row.partition(" /")[0] + " /" + row.partition(" /")[2].partition(" ")[0]
        for row in documented()
    }
    assert every - rows == set()


def test_every_row_is_an_operation():
    """A row whose path is misspelt would be tried as a path that does not exist."""
    known = {path for path, _ in patterns()} | pages_of_apps()
    paths = {normalized(operation.path) for row in ROWS for operation in row.operations}
    assert paths - known == {"/nowhere", "/admin/nowhere"}


READ_ONLY = r"(|jsi18n/|autocomplete/|password_change/done/|r/{}/{}/|.*/history/|.*/preview/{}/|\w+/\w+/{}/|\w+/|\w+/\w+/)"
"""Admin pages without a form. An action is sent to the list, and has a row of its own."""

SHOWN_BY_DJANGO = {"/admin/{}/", "/admin/{}"}
"""The page of an app, whose rows name the app, and the 404 of the admin."""


def pages_of_the_admin():
    """The requests for each page of the admin: GET, and POST if the page has a form."""
    for path, _ in patterns():
        if not path.startswith("/admin/") or path in SHOWN_BY_DJANGO:
            continue
        yield f"GET {path}"
        if (
            not re.fullmatch(READ_ONLY, path.removeprefix("/admin/"))
            and path != "/admin/catalog/product/export/"
        ):
            yield f"POST {path}"


def pages_of_apps():
    return {f"/admin/{model._meta.app_label}/" for model in admin.site._registry}


def lists_and_actions(request):
    """Each list of the admin with each of its actions."""
    for model, page in admin.site._registry.items():
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        for name in page.get_actions(request):
            yield f"POST {path} action={name}"


def test_every_page_and_action_of_the_admin_has_a_row(db):
    request = RequestFactory().get("/admin/")
    request.user = User(is_superuser=True, is_staff=True)
    rows = documented()
    apps = {f"GET {path}" for path in pages_of_apps()}
    without_members = {re.sub(r"^(\w+ \S+).*", r"\1", row) for row in rows}
    actions = {row.partition(" _selected")[0] for row in rows if " action=" in row}
    assert len(actions) > 15
    assert {*pages_of_the_admin(), *apps} - without_members == set()
    assert set(lists_and_actions(request)) == actions
