"""Typing errors: how many are corrected in a word, and which words are most like it."""

from collections.abc import Iterable


def allowed_typos(word: str) -> int:
    """Return how many typing errors are corrected in a word; none in short words and numbers."""
    if len(word) < 4 or any(c.isdigit() for c in word):
        return 0
    return 1 if len(word) < 6 else 2


def closest_words(word: str, candidates: Iterable[str]) -> list[str]:
    """Return at most five candidates with the smallest edit distance that is allowed."""
    limit = allowed_typos(word)
    by_distance: dict[int, list[str]] = {}
    for candidate in candidates:
        if limit and abs(len(candidate) - len(word)) <= limit:
            by_distance.setdefault(edit_distance(word, candidate), []).append(candidate)
    for distance in range(1, limit + 1):
        if distance in by_distance:
            return sorted(by_distance[distance])[:5]
    return []


def edit_distance(one: str, other: str) -> int:
    """Return the Damerau-Levenshtein distance: insertions, deletions, replacements and swaps."""
    before, last = [0] * (len(other) + 1), list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and b == one[i - 2]:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]
