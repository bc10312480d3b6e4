"""Guard rails: a customer's, and the templates that many share."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from trunks import access
from trunks.domain.guardrails import DEFAULT, load
from trunks.domain.problems import Invalid
from trunks.models import Customer, RailTemplate
from trunks.services.rails import delete_template, rails_of, save_template, set_rails
from trunks.web.forms.complaints import complain
from trunks.web.forms.rails import CHOSEN, OWN, CustomersRailsForm, TemplateForm
from trunks.web.rail_words import rails_in_words
from trunks.web.words import counted, sentence


@access.staff_required("change_customer")
@require_http_methods(["GET", "HEAD", "POST"])
def customer_rails(request: HttpRequest, pk: int) -> HttpResponse:
    customer = access.customer_for(request.user, pk)
    form = CustomersRailsForm(
        request.POST if request.method == "POST" else None,
        rails=rails_of(customer),
        templates=list(access.templates_for(request.user)),
        chosen=_chosen(customer),
    )
    if form.is_valid():
        actor = access.actor_of(request.user)
        try:
            set_rails(customer, template=form.template, own=form.own, actor=actor)
        except Invalid as error:
            complain(form, error)
        else:
            messages.success(request, "Saved. What waits to be sent is judged by these, too.")
            return redirect("staff:customer-detail", customer.pk)
    crumbs = [
        {"label": "Customers", "url": reverse("staff:customer-list")},
        {"label": customer.name, "url": reverse("staff:customer-detail", args=[pk])},
    ]
    context = {"form": form, "customer": customer, "crumbs": crumbs, "back_url": crumbs[1]["url"]}
    return render(request, "staff/customers/rails.html", context)


def _chosen(customer: Customer) -> str:
    if customer.own_rails is not None:
        return OWN
    return f"{CHOSEN}{customer.rails_id}" if customer.rails_id else ""


@access.staff_required("view_customer")
@require_safe
def rails_list(request: HttpRequest) -> HttpResponse:
    """What holds without a template, and each template with who has it."""
    templates = access.templates_for(request.user).prefetch_related("customers")
    context = {
        "standard": rails_in_words(DEFAULT),
        "templates": [_template(template) for template in templates],
    }
    return render(request, "staff/customers/templates.html", context)


def _template(template: RailTemplate) -> dict[str, object]:
    customers = list(template.customers.all())
    return {
        "pk": template.pk,
        "name": template.name,
        "lines": rails_in_words(load(template.rails)),
        "customers": customers,
        "words": counted(len(customers), "customer"),
    }


@access.staff_required("change_railtemplate")
@require_http_methods(["GET", "HEAD", "POST"])
def rails_new(request: HttpRequest) -> HttpResponse:
    return _edit(request, None)


@access.staff_required("change_railtemplate")
@require_http_methods(["GET", "HEAD", "POST"])
def rails_edit(request: HttpRequest, pk: int) -> HttpResponse:
    return _edit(request, access.template_for(request.user, pk))


def _edit(request: HttpRequest, template: RailTemplate | None) -> HttpResponse:
    rails = load(template.rails) if template else DEFAULT
    form = TemplateForm(request.POST if request.method == "POST" else None, rails=rails)
    form.fields["name"].initial = template.name if template else ""
    if form.is_valid():
        name, actor = form.cleaned_data["name"], access.actor_of(request.user)
        try:
            save_template(name, form.document(), template=template, actor=actor)
        except Invalid as error:
            complain(form, error)
        else:
            messages.success(request, "Saved, for every customer that has it.")
            return redirect("staff:rails-list")
    list_url = reverse("staff:rails-list")
    crumbs = [{"label": "Guard rails", "url": list_url}]
    context = {"form": form, "template": template, "crumbs": crumbs, "back_url": list_url}
    return render(request, "staff/customers/rails.html", context)


@access.staff_required("change_railtemplate")
@require_POST
def rails_delete(request: HttpRequest, pk: int) -> HttpResponse:
    template = access.template_for(request.user, pk)
    name = template.name
    try:
        delete_template(template, actor=access.actor_of(request.user))
    except Invalid as error:
        messages.error(request, sentence(f"{name} {error.problems[0].message}"))
    else:
        messages.success(request, f"“{name}” was deleted.")
    return redirect("staff:rails-list")
