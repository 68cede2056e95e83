"""Forms of HTML pages, filled in and sent as a browser does it."""

from html.parser import HTMLParser
from typing import Any

from django.test import Client


class _Forms(HTMLParser):
    """Collects the forms of a page: for each its attributes and its fields."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[dict[str, str | None], dict[str, list[str]]]] = []
        self._select = self._textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = dict(attrs)
        if tag == "form":
            self.forms.append((facts, {}))
        if not self.forms:
            return
        name, value = facts.get("name") or "", facts.get("value") or ""
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in facts:
            self._add(self._select, value)
        elif tag == "textarea":
            self._textarea = name
            self._add(name, "")
        elif tag == "input" and name and facts.get("type") not in ("submit", "button", "file"):
            if facts.get("type") not in ("checkbox", "radio"):
                self._add(name, value)
            elif "checked" in facts:
                self._add(name, facts.get("value") or "on")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            fields = self.forms[-1][1]
            # A browser ignores the first line break, which Django writes.
            fields[self._textarea] = [fields[self._textarea][0].removeprefix("\n")]
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.forms[-1][1][self._textarea][0] += data

    def _add(self, name: str, value: str) -> None:
        self.forms[-1][1].setdefault(name, []).append(value)


def forms_of(page: Any) -> list[dict[str, list[str]]]:
    """Return the fields of each form of a page that is sent with POST, logout excepted."""
    parser = _Forms()
    parser.feed(page.content.decode())
    return [
        fields
        for facts, fields in parser.forms
        if (facts.get("method") or "").lower() == "post" and facts.get("id") != "logout-form"
    ]


def form_of(page: Any) -> dict[str, Any]:
    """Return the fields of the only form of a page that has a one-time key."""
    (form,) = [form for form in forms_of(page) if "form_key" in form]
    return form


def submit(browser: Client, page: Any, **changes: Any) -> Any:
    """Send the form of a page with changes, as a browser does; return the last response."""
    return browser.post(page.wsgi_request.get_full_path(), form_of(page) | changes, follow=True)


def choose(browser: Client, path: str, action: str, *rows: Any, **more: Any) -> Any:
    """Choose an action for rows of a list; return the page that asks for confirmation."""
    chosen = {"action": action, "_selected_action": [row.pk for row in rows], **more}
    return browser.post(path, chosen, follow=True)


def confirm(browser: Client, path: str, action: str, *rows: Any) -> Any:
    """Choose an action for rows of a list and confirm it; return the last response."""
    page = choose(browser, path, action, *rows)
    return submit(browser, page) if any("form_key" in form for form in forms_of(page)) else page


def messages_of(page: Any) -> list[str]:
    """Return the messages that a page shows."""
    return [str(message) for message in page.context["messages"]]
