"""The small forms of acts on a trunk: a reason, a name typed to confirm."""

from typing import Any

from django import forms

from trunks.domain.attributes import printable

LONGEST_REASON = 1000


class Reason(forms.CharField):
    """Why: kept with the change for everyone who may read it."""

    def __init__(self, **options: Any):
        super().__init__(
            label="Reason",
            max_length=LONGEST_REASON,
            widget=forms.Textarea(attrs={"rows": 2, "maxlength": False}),
            help_text="Kept with the change.",
            **options,
        )

    def clean(self, value: Any) -> str:
        reason = str(super().clean(value))
        if not all(printable(line) for line in reason.splitlines()):
            raise forms.ValidationError("Must not hold control characters.")
        return reason


class ReviewForm(forms.Form):
    reason = Reason(required=False)


class ReasonForm(forms.Form):
    reason = Reason(error_messages={"required": "Say why: it is kept with the change."})


class ConfirmForm(ReasonForm):
    """A deletion: the name typed, and why."""

    confirm = forms.CharField(required=False, strip=True, label="Name")

    def __init__(self, *args: Any, name: str, **options: Any):
        super().__init__(*args, **options)
        self.name = name

    def clean_confirm(self) -> str:
        typed = str(self.cleaned_data["confirm"])
        if typed != self.name.strip():
            raise forms.ValidationError("This is not the trunk's name.")
        return typed


class ApplyForm(forms.Form):
    """Of a plan for many trunks; `deletes`: some of them would be deleted."""

    reason = Reason(
        required=False, error_messages={"required": "Say why: it is kept with the changes."}
    )
    stop_after = forms.IntegerField(
        label="Stop after",
        required=False,
        min_value=1,
        max_value=10_000,
        initial=5,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, deletes: bool = False, **options: Any):
        super().__init__(*args, **options)
        self.fields["reason"].required = deletes
