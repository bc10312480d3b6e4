"""Guard rails typed into a form, as the document that `domain.guardrails` reads."""

import re
from typing import Any, cast

from django import forms

from trunks.domain.attributes import ATTRIBUTES
from trunks.domain.guardrail_values import ACTS, FREEDOMS, Rails, dump
from trunks.models import RailTemplate
from trunks.web.rail_words import ACT_WORDS, FREEDOM_WORDS, rail_label

SEPARATORS = re.compile(r"[\s,;]+")
WHOLE_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
NONE = "none"  # typed where nothing at all is to be allowed
NUMBERS = ("most_calls", "widest_ipv4", "widest_ipv6")
CHOSEN, OWN = "template:", "own"


class RailsForm(forms.Form):
    """Every rail, each with what it is without a template as its first value."""

    acts = forms.MultipleChoiceField(
        label="Members may",
        required=False,
        choices=[(act, ACT_WORDS[act]) for act in ACTS],
        widget=forms.CheckboxSelectMultiple,
        help_text="Within their roles.",
    )
    most_calls = forms.CharField(
        label="Calls at once, at most", required=False, help_text="Empty: no ceiling."
    )
    most_spent = forms.CharField(
        label="24-hour limit, at most", required=False, help_text="Empty: no ceiling."
    )
    widest_ipv4 = forms.CharField(
        label="Widest network, IPv4",
        required=False,
        help_text="A prefix length: 29 allows /29, /30, /31 and /32.",
    )
    widest_ipv6 = forms.CharField(label="Widest network, IPv6", required=False)
    destinations = forms.CharField(
        label="Destinations",
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text="Countries (ES) and prefixes (44). Empty: no ceiling; “none”: nothing.",
    )
    least_encryption = forms.ChoiceField(
        label="Media encryption, at least",
        required=False,
        choices=[("", "No floor"), *ATTRIBUTES["media_encryption_mode"].choices],
    )

    def __init__(self, *args: Any, rails: Rails, **options: Any):
        options["initial"] = initial_of(rails)
        super().__init__(*args, **options)
        for unit in FREEDOMS:
            self.fields[field_name(unit)] = forms.ChoiceField(
                label=rail_label(unit),
                choices=list(FREEDOM_WORDS.items()),
                initial=rails.freedom_of(unit),
            )

    @property
    def freedoms(self) -> list[forms.BoundField]:
        return [self[field_name(unit)] for unit in FREEDOMS]

    def document(self) -> dict[str, Any]:
        """What was typed; what makes no sense in it is left for the domain to say."""
        held = self.cleaned_data
        return {
            "fields": {unit: held[field_name(unit)] for unit in FREEDOMS},
            "acts": held["acts"],
            "most_spent": held["most_spent"].strip() or None,
            "least_encryption": held["least_encryption"] or None,
            "destinations": _places(held["destinations"]),
            **{name: _number(held[name]) for name in NUMBERS},
        }


class TemplateForm(RailsForm):
    name = forms.CharField(label="Name", required=False)


class CustomersRailsForm(RailsForm):
    """A customer's: none of its own, a template's, or what stands in the form."""

    which = forms.ChoiceField(label="Guard rails", widget=forms.RadioSelect)

    def __init__(self, *args: Any, templates: list[RailTemplate], chosen: str, **options: Any):
        super().__init__(*args, **options)
        choices = [("", "Standard"), *((f"{CHOSEN}{t.pk}", t.name) for t in templates)]
        field = cast(forms.ChoiceField, self.fields["which"])
        field.choices = [*choices, (OWN, "Its own, as below")]
        field.initial, field.required = chosen, False
        self.templates = {f"{CHOSEN}{t.pk}": t for t in templates}

    @property
    def template(self) -> RailTemplate | None:
        return self.templates.get(self.cleaned_data["which"])

    @property
    def own(self) -> dict[str, Any] | None:
        return self.document() if self.cleaned_data["which"] == OWN else None


def field_name(unit: str) -> str:
    return f"field-{unit.replace('.', '-')}"


def initial_of(rails: Rails) -> dict[str, Any]:
    document = dump(rails)
    places = document.get("destinations")
    document["destinations"] = NONE if places == [] else ", ".join(places or ())
    return {**document, "acts": [act for act in ACTS if act in rails.acts]}


def _number(text: str) -> Any:
    """As JSON has it, or as it was typed for the domain to complain about."""
    text = text.strip().removeprefix("/")
    return int(text) if WHOLE_NUMBER.fullmatch(text) else text or None


def _places(text: str) -> list[str] | None:
    words = [word for word in SEPARATORS.split(text) if word]
    if [word.lower() for word in words] == [NONE]:
        return []
    return words or None
