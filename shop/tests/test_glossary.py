"""Words that the glossary replaces do not occur in any file that git tracks.

Names are read word by word: ``desk`` is found in ``desk_middleware`` and in ``DeskAdmin``, but not
in ``desktop``.
"""

import re
import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest

from shop.testing.marks import on_one_database

pytestmark = on_one_database

ROOT = Path(__file__).resolve().parents[2]

REPLACED = {
    "catalogue": "catalog",
    "desk": "admin",
    "door": "response cache",
    "kept answer": "cached response",
    "seat": "slot",
    "shelf": "snapshot of the stock row",
    "twin": "duplicate request",
}
IRREGULAR = {"kept answer": r"kept[\s_-]+answers?", "shelf": r"shel(?:f|ves)"}
PATTERNS = {word: IRREGULAR.get(word, f"{word}s?") for word in REPLACED}
ANY_WORD = re.compile(rf"(?<![a-z])(?:{'|'.join(PATTERNS.values())})(?![a-z])")
CAMEL_CASE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

ALL = frozenset(REPLACED)
# Which words a file may contain, and why.
EXCEPTIONS = {
    "CHANGELOG.md": ALL,  # the words of past releases
    "*/migrations/*": ALL,  # history
    "*requirements*.txt": ALL,  # names and digests of packages
    "*/package-lock.json": ALL,
    "bench/results/*": ALL,  # measurements of past commits
    "shop/tests/test_glossary.py": ALL,
    "docs/glossary.md": ALL,  # names the words that it replaces
    # Names of products and categories.
    "bench/growth.py": {"desk", "shelf"},
    "bench/search/*": {"desk", "door", "shelf"},
    "catalog/indexing/text.py": {"shelf"},
    "shop/management/demo/*": {"desk", "seat"},
    # Headers of a file in French.
    "catalog/exchange/imports/woocommerce_columns.py": {"catalogue"},
    # Packages and models of Oscar.
    "bench/rivals/projects/oscar_shop/*": {"catalogue"},
}


def tracked_files():
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this is not a checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True)
    return [name for name in listed.stdout.decode().split("\0") if (ROOT / name).is_file()]


def read_text(name):
    """Return the text of a file, empty for a binary one."""
    try:
        return (ROOT / name).read_text()
    except UnicodeDecodeError:
        return ""


def find(text):
    """Yield the replaced words in a text, each with the number of its line."""
    words = CAMEL_CASE.sub(" ", text).lower()
    for match in ANY_WORD.finditer(words):
        line = words.count("\n", 0, match.start()) + 1
        yield line, next(w for w, p in PATTERNS.items() if re.fullmatch(p, match[0]))


def allowed(name):
    return set().union(*(words for path, words in EXCEPTIONS.items() if fnmatch(name, path)))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("the Catalogues", ["catalogue"]),
        ("desk_middleware and DeskAdmin", ["desk", "desk"]),
        ("SHELF, shelves", ["shelf", "shelf"]),
        ("Kept\nanswers", ["kept answer"]),
        ("a desktop, an outdoor lamp, allowed, shelfless, cataloguer", []),
    ],
)
def test_words_are_found_in_names_and_sentences(text, words):
    assert [word for _, word in find(text)] == words


def test_no_file_contains_a_replaced_word():
    found = [
        f"{name}:{number}: write {REPLACED[word]!r} instead of {word!r}"
        for name in tracked_files()
        for number, word in [(0, word) for _, word in find(name)] + list(find(read_text(name)))
        if word not in allowed(name)
    ]
    assert not found, "\n" + "\n".join(found)


def test_every_exception_applies_to_a_file():
    names = tracked_files()
    for path, words in EXCEPTIONS.items():
        texts = [read_text(name) for name in names if fnmatch(name, path)]
        assert texts or path == "docs/glossary.md", path
        if words != ALL:
            assert words <= {word for text in texts for _, word in find(text)}, path
