"""What staff say to a request: yes, perhaps until a time; no, with a word."""

from typing import Any

from django import forms

from trunks.domain.attributes import printable

LOCAL = "%Y-%m-%dT%H:%M"


class DecisionForm(forms.Form):
    word = forms.CharField(
        label="A word to the customer",
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 3, "maxlength": False}),
        help_text="They read it beside your decision. A refusal needs one.",
    )
    reverse_at = forms.DateTimeField(
        label="Only until",
        required=False,
        input_formats=[LOCAL],
        widget=forms.DateTimeInput({"type": "datetime-local"}, format=LOCAL),
        help_text="Put back by itself then. UTC; empty for as long as was asked for.",
        error_messages={"invalid": "Must be a day and a time, as 2026-05-12T14:00."},
    )

    def __init__(self, *args: Any, has_end: bool, **options: Any):
        """`has_end`: whether it can be put back."""
        super().__init__(*args, **options)
        if not has_end:
            del self.fields["reverse_at"]

    def clean_word(self) -> str:
        word = str(self.cleaned_data["word"])
        if not all(printable(line) for line in word.splitlines()):
            raise forms.ValidationError("Must not hold control characters.")
        return word
