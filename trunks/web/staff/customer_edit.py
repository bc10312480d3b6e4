"""A customer added or renamed, with where its creates go and what its names begin with."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from trunks import access
from trunks.domain.problems import Invalid
from trunks.models import Customer
from trunks.services.customers import add_customer, change_customer
from trunks.web.forms.complaints import complain
from trunks.web.forms.customers import CustomerForm


@access.staff_required("add_customer")
@require_http_methods(["GET", "HEAD", "POST"])
def customer_new(request: HttpRequest) -> HttpResponse:
    form = _form(request)
    if form.is_valid():
        try:
            made = add_customer(**form.cleaned_data, actor=access.actor_of(request.user))
        except Invalid as error:
            complain(form, error)
        else:
            messages.success(request, f"{made} was added. Assign trunks and invite its people.")
            return redirect("staff:customer-detail", made.pk)
    return _page(request, form, None)


@access.staff_required("change_customer")
@require_http_methods(["GET", "HEAD", "POST"])
def customer_edit(request: HttpRequest, pk: int) -> HttpResponse:
    customer = access.customer_for(request.user, pk)
    form = _form(request, customer)
    if form.is_valid():
        try:
            change_customer(customer, **form.cleaned_data, actor=access.actor_of(request.user))
        except Invalid as error:
            complain(form, error)
        else:
            messages.success(request, "Saved.")
            return redirect("staff:customer-detail", customer.pk)
    return _page(request, form, customer)


def _form(request: HttpRequest, customer: Customer | None = None) -> CustomerForm:
    held = ("name", "account", "name_prefix")
    return CustomerForm(
        request.POST if request.method == "POST" else None,
        accounts=access.accounts_for(request.user).order_by("name"),
        initial={name: getattr(customer, name) for name in held} if customer else None,
    )


def _page(request: HttpRequest, form: CustomerForm, customer: Customer | None) -> HttpResponse:
    list_url = reverse("staff:customer-list")
    crumbs = [{"label": "Customers", "url": list_url}]
    back = list_url
    if customer:
        back = reverse("staff:customer-detail", args=[customer.pk])
        crumbs.append({"label": customer.name, "url": back})
    context = {"form": form, "customer": customer, "crumbs": crumbs, "back_url": back}
    return render(request, "staff/customers/edit.html", context)
