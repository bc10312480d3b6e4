"""An uploaded sheet becomes a plan; nothing is written before that is applied."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from trunks import access
from trunks.domain.columns import ABOUT, LABELS, SETTINGS
from trunks.domain.networks import shown
from trunks.domain.sheet_reading import MOST_BYTES, MOST_LINES
from trunks.domain.sheets import FileRefused
from trunks.models import Account
from trunks.services.importing import plan_import
from trunks.web.diff_lines import unit_label

LARGEST = MOST_BYTES // 1_000_000


class ImportForm(forms.Form):
    """The file, and where new trunks go that name no account."""

    file = forms.FileField(
        label="File",
        help_text=f"CSV or JSON, at most {LARGEST} MB and {MOST_LINES:,} lines.",
        error_messages={"required": "Choose a file.", "empty": "The file is empty."},
        widget=forms.FileInput(attrs={"accept": ".csv,.json,.tsv,.txt,text/csv,application/json"}),
    )

    def __init__(self, *args: Any, accounts: list[Account], **options: Any):
        super().__init__(*args, **options)
        self.accounts = accounts
        if len(accounts) > 1:
            choices = [("", "None"), *((str(a.pk), a.name) for a in accounts)]
            self.fields["account"] = forms.ChoiceField(
                label="Account of new trunks",
                required=False,
                choices=choices,
                help_text="For lines that create a trunk and name no account themselves.",
            )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(f"The file is larger than {LARGEST} MB.")
        return file

    @property
    def account_of_new(self) -> Account | None:
        if len(self.accounts) == 1:
            return self.accounts[0]
        chosen = self.cleaned_data.get("account")
        return next((a for a in self.accounts if str(a.pk) == chosen), None)


@access.staff_required("change_trunk")
@require_http_methods(["GET", "POST"])
def batch_import(request: HttpRequest) -> HttpResponse:
    accounts = list(access.accounts_for(request.user).order_by("name"))
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = ImportForm(*sent, accounts=accounts)
    if form.is_valid():
        file = form.cleaned_data["file"]
        title = f"Import of {shown(file.name or 'a file', 100)}"
        try:
            actor = access.actor_of(request.user)
            batch = plan_import(file.read(), actor=actor, title=title, account=form.account_of_new)
            return redirect("staff:batch-detail", batch.pk)
        except FileRefused as error:
            form.add_error("file", list(error.complaints))
    return render(request, "staff/batches/import.html", {"form": form, "columns": columns()})


def columns() -> list[dict[str, str]]:
    """What each column holds."""
    return [
        {"name": name, "label": LABELS[name] if name in ABOUT else unit_label(name)}
        for name in (*ABOUT, *SETTINGS)
    ]
