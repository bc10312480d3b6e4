"""Which customer, by which rule, and what becomes of credentials that somebody else knows."""

from typing import Any, cast

from django import forms
from django.db.models import QuerySet

from trunks.models import Customer
from trunks.services.assigning import FIELDS, Assignment, Rule
from trunks.web.forms.acts import Reason

NOBODY = "none"
WAYS = (("begins", "begins with"), ("is", "is"), ("contains", "contains"))
NEW, KEPT = "new", "kept"
WAIVER = (KEPT, "Keep them: the former customer still knows them")


class WhoseForm(forms.Form):
    """The customer that trunks go to; `none` takes them back. Not called as a filter of the list
    is, which may come along in the URL."""

    to = forms.ChoiceField(label="Customer", error_messages={"required": "Choose who gets them."})

    def __init__(self, *args: Any, customers: QuerySet[Customer], may_take_back: bool = True):
        super().__init__(*args)
        self.customers = {str(customer.pk): customer for customer in customers}
        choices = [("", "Choose…"), *((pk, c.name) for pk, c in self.customers.items())]
        if may_take_back:
            choices.append((NOBODY, "Nobody: take them back"))
        cast(forms.ChoiceField, self.fields["to"]).choices = choices

    @property
    def customer(self) -> Customer | None:
        return self.customers.get(self.cleaned_data["to"])


class RuleForm(WhoseForm):
    field = forms.ChoiceField(
        label="Trunks whose", choices=[(name, label) for name, label in FIELDS.items()]
    )
    how = forms.ChoiceField(label="How", choices=WAYS)
    text = forms.CharField(label="Text", required=False, strip=False, max_length=200)

    field_order = ["field", "how", "text", "to"]

    @property
    def customer(self) -> Customer:
        return self.customers[self.cleaned_data["to"]]

    @property
    def rule(self) -> Rule:
        held = self.cleaned_data
        return Rule(held["field"], held["how"], held["text"].strip())


class AssignForm(forms.Form):
    """What is said with the act itself; credentials are asked about where another knows them."""

    credentials = forms.ChoiceField(
        label="Credentials",
        required=False,
        widget=forms.RadioSelect,
        choices=[
            (NEW, "Make new ones: what they use now stops working"),
            WAIVER,
        ],
    )
    reason = Reason(required=False)

    def __init__(self, *args: Any, plan: Assignment):
        super().__init__(*args)
        self.fields["reason"].help_text = "Kept in the audit; customers do not read it."
        if not plan.needs_decision:
            del self.fields["credentials"]
        elif plan.unchangeable:
            cast(forms.ChoiceField, self.fields["credentials"]).choices = [WAIVER]

    def said(self) -> dict[str, Any]:
        held = self.cleaned_data
        return {"credentials": held.get("credentials") or None, "reason": held["reason"]}
