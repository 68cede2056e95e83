"""What differs by database is tested on each: races, and tests that ask which one it is."""

import ast
from pathlib import Path

import pytest

from shop.testing.marks import on_one_database

pytestmark = on_one_database

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ("shop", "accounts", "catalog", "cart", "orders", "payments")


def names_in(node):
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)} | {
        part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)
    }


def imported_from(module, tree):
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == module
        for alias in node.names
    }


def with_callers(names, functions):
    """The names, and those of the functions of the module that use them, also indirectly."""
    while callers := {f.name for f in functions if names & names_in(f)} - names:
        names |= callers
    return names


def left_out(source):
    """The tests of races, or that ask for the database or the engine, that do not run on each."""
    tree = ast.parse(source)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    races = imported_from("shop.testing.races", tree)
    on_each_database = with_callers({"vendor", "is_fast"} | races, functions)
    on_each_engine = with_callers({"is_fast"} | races, functions)
    of_all = set()
    for node in tree.body:
        if isinstance(node, ast.Assign) and "pytestmark" in names_in(node):
            of_all |= names_in(node.value)
    found = []
    for function in functions:
        marks = of_all.union(*map(names_in, function.decorator_list))
        if function.name.startswith("test_") and (
            ("on_one_database" in marks and function.name in on_each_database)
            or ("on_one_engine" in marks and function.name in on_each_engine)
        ):
            found.append(function.name)
    return found


def test_what_differs_by_database_is_tested_on_each():
    modules = [path for app in APPS for path in (ROOT / app).glob("**/tests/test_*.py")]
    assert len(modules) > 200
    found = {str(path.relative_to(ROOT)): left_out(path.read_text()) for path in modules}
    assert {path: tests for path, tests in found.items() if tests} == {}


@pytest.mark.parametrize(
    "source",
    [
        "from shop.testing.races import at_once\n@on_one_database\ndef test_a():\n    at_once(f)",
        "from shop.testing.races import times as many\n@on_one_engine\ndef test_a():\n    many(2, f)",
        "pytestmark = [db, on_one_database]\ndef test_a():\n    assert connection.vendor",
        "from shop.testing.races import times\ndef race():\n    times(2, f)\n@on_one_engine\ndef test_a():\n    race()",
    ],
)
def test_a_mark_on_such_a_test_is_found(source):
    assert left_out(source) == ["test_a"]
    assert left_out(source.replace("on_one_database", "x").replace("on_one_engine", "x")) == []
