"""Customers and their members: small forms whose rules are the verbs' own."""

from typing import Any, cast

from django import forms
from django.db.models import QuerySet

from trunks.models import Account, Membership

PREFIX_HELP = "What its members name or rename begins with this. Empty: any name."
ACCOUNT_HELP = "Where the trunks go that its members create."
ROLES = [
    (Membership.Role.VIEWER, "Viewer: sees"),
    (Membership.Role.OPERATOR, "Operator: changes within the guard rails"),
    (Membership.Role.OWNER, "Owner: and looks after members, tokens and passwords"),
]


class CustomerForm(forms.Form):
    name = forms.CharField(label="Name", required=False)
    account = forms.ModelChoiceField(
        Account.objects.none(),
        label="Account",
        required=False,
        empty_label="The only one there is",
        help_text=ACCOUNT_HELP,
    )
    name_prefix = forms.CharField(
        label="Name prefix", required=False, strip=False, help_text=PREFIX_HELP
    )

    def __init__(self, *args: Any, accounts: QuerySet[Account], **options: Any):
        super().__init__(*args, **options)
        cast("forms.ModelChoiceField[Account]", self.fields["account"]).queryset = accounts


class InviteForm(forms.Form):
    email = forms.CharField(
        label="E-mail",
        required=False,
        widget=forms.EmailInput({"autocomplete": "off", "inputmode": "email"}),
    )
    role = forms.ChoiceField(label="Role", choices=ROLES, initial=Membership.Role.OPERATOR)


class RoleForm(forms.Form):
    role = forms.ChoiceField(label="Role", choices=Membership.Role.choices)
