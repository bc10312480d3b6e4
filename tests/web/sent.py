"""What a browser would send for the form on a page, as a test may change it first."""

from html.parser import HTMLParser
from typing import Any

SUBMITS = ("submit", "button", "image", "reset")


class _Form(HTMLParser):
    """Collects the fields of the form with this id, or with this attribute."""

    def __init__(self, marker: str) -> None:
        super().__init__()
        self.marker, self.inside = marker, False
        self.fields: list[tuple[str, str]] = []
        self.select = self.textarea = ""
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.inside = self.marker in given or given.get("id") == self.marker
        if not self.inside:
            return
        name, value = given.get("name") or "", given.get("value")
        if tag == "input" and name and "disabled" not in given:
            self._input(name, given.get("type") or "text", value, "checked" in given)
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and "selected" in given:
            self.fields.append((self.select, value or ""))
        elif tag == "textarea":
            self.textarea, self.text = name, ""

    def _input(self, name: str, type_: str, value: str | None, checked: bool) -> None:
        if type_ in SUBMITS or (type_ in ("checkbox", "radio") and not checked):
            return
        self.fields.append((name, (value or "on") if type_ == "checkbox" else value or ""))

    def handle_data(self, data: str) -> None:
        if self.textarea:
            self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "select":
            self.select = ""
        elif tag == "textarea" and self.textarea:
            lines = self.text.replace("\r\n", "\n").removeprefix("\n")
            self.fields.append((self.textarea, lines.replace("\n", "\r\n")))
            self.textarea = ""


def fields_of(html: bytes | str, marker: str = "trunk-form") -> dict[str, Any]:
    """The fields of a page's form: text, or a list where a name occurs more than once."""
    page = _Form(marker)
    page.feed(html.decode() if isinstance(html, bytes) else html)
    fields: dict[str, Any] = {}
    for name, value in page.fields:
        if name not in fields:
            fields[name] = value
        elif isinstance(fields[name], list):
            fields[name].append(value)
        else:
            fields[name] = [fields[name], value]
    fields.pop("csrfmiddlewaretoken", None)
    return fields
