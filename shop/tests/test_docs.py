"""The documentation agrees with the code: its purchase runs, its lists, links and paths are right."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

import accounts.errors
import cart.errors
import catalog.errors
import orders.errors
import payments.errors
import shop.urls  # noqa: F401 - loads every module that has errors
from shop.core import handlers, middleware
from shop.core.errors import ShopError
from shop.engine.parts import PARTS
from shop.testing.marks import on_one_database

pytestmark = on_one_database

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "bench/README.md")),
    *(ROOT / "docs").glob("*.md"),
    *(ROOT / "docs" / "decisions").iterdir(),
]
MODULES = (accounts, cart, catalog, orders, payments, middleware)


def every_subclass(cls):
    return {cls}.union(*(every_subclass(sub) for sub in cls.__subclasses__()))


def test_every_code_is_documented():
    page = (ROOT / "docs" / "errors.md").read_text()
    documented = set(re.findall(r"^\| `(\w+)`", page, re.MULTILINE))
    codes = {cls.code for cls in every_subclass(ShopError)} - {ShopError.code, "conflict"}
    assert documented == codes | set(handlers.CODES.values())


def test_every_command_is_documented():
    ours = {name for name, app in get_commands().items() if app == "shop"}
    page = (ROOT / "docs" / "commands.md").read_text()
    assert set(re.findall(r"^\| `(\w+)[ `]", page, re.MULTILINE)) == ours


def test_every_part_of_the_engine_is_documented():
    page = (ROOT / "docs" / "performance.md").read_text()
    table = page.split("## Parts of the engine")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == PARTS


def test_every_operation_describes_its_body_responses_and_errors(client):
    schema = client.get("/api/schema/", headers={"Accept": "application/json"}).json()
    operations = [operation for path in schema["paths"].values() for operation in path.values()]
    assert len(operations) == 131
    for operation in operations:
        name = operation["operationId"]
        assert operation["summary"], name
        assert operation["description"], name
        assert operation["security"], name
        assert {"400", "406", "503"} <= set(operation["responses"]), name
        for response in operation["responses"].values():
            for shape in response.get("content", {}).values():
                is_file = shape["schema"].get("format") == "binary"
                assert is_file or shape["examples"], name
        if "requestBody" in operation:
            content = operation["requestBody"]["content"]
            assert all(shape["examples"] for shape in content.values()), name


def test_the_schema_contains_every_error_code(client):
    text = client.get("/api/schema/").content.decode()
    # The last two are not errors of an operation.
    others = {ShopError.code, "conflict", "method_not_allowed", "header_too_large"}
    codes = {cls.code for cls in every_subclass(ShopError)} - others
    assert {code for code in codes if f"code: {code}\n" not in text} == set()


def anchors_of(page):
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.name)
def test_every_relative_link_has_a_target(page):
    for target, anchor in re.findall(r"\]\(([^)#:\s]*)(?:#([^)]+))?\)", page.read_text()):
        path = page.parent / target if target else page
        assert path.exists(), target
        assert not anchor or anchor in anchors_of(path), f"{target}#{anchor}"


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "docs/architecture.md"])
def test_every_path_that_is_named_exists(name):
    text = (ROOT / name).read_text()
    paths = re.findall(r"`((?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:py|toml|ini|yml|in))`", text)
    assert [path for path in paths if not (ROOT / path).exists()] == []
    assert paths or name == "README.md"


def test_the_index_of_decisions_has_every_page():
    folder = ROOT / "docs" / "decisions"
    pages = {page.name for page in folder.iterdir()} - {"README.md"}
    index = (folder / "README.md").read_text()
    rows = re.findall(r"^\| (\d\d) \| (?:\[.*?\]\((.*?)\)|[^\[|]*) \|", index, re.MULTILINE)
    numbers = [int(number) for number, _ in rows]
    assert numbers == sorted(set(numbers))
    assert {file for _, file in rows if file} == pages
    for number, file in rows:
        assert not file or file.startswith(f"{number}-")
        assert not file or "\nStatus: " in (folder / file).read_text(), file
