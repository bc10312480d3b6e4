"""Trunks given to a customer or taken back: one, many ticked, by a rule; seen as a plan first."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from trunks import access
from trunks.domain.problems import Invalid
from trunks.models import Trunk
from trunks.services.assigning import (
    Assigned,
    Assignment,
    Rule,
    assign,
    assign_by_rule,
    preview,
    trunks_by_rule,
)
from trunks.services.delivering import deliver
from trunks.services.errors import Denied
from trunks.web.forms.assigning import AssignForm, RuleForm, WhoseForm
from trunks.web.forms.complaints import complain
from trunks.web.staff import selection as selections
from trunks.web.staff.assignment_plan import digest_of, plan_context
from trunks.web.staff.selection import Selection
from trunks.web.words import counted

PAGE = "staff/customers/assign.html"
MOST = 1_000  # trunks at once
STALE = "This page was open for too long. Choose the trunks again; nothing was assigned."
MOVED = "Something moved since this was shown, so nothing was done. Look the plan over again."
NONE_CHOSEN = "Choose the trunks first: tick some, or take all that match."
Context = dict[str, Any]
Verb = Callable[..., Assigned]


@access.staff_required("assign_trunk")
@require_http_methods(["GET", "HEAD", "POST"])
def assignment_new(request: HttpRequest) -> HttpResponse:
    """Those ticked, or all that pass the list's filter: whose, then the plan, then done."""
    try:
        chosen = _chosen(request)
    except selections.Unsigned:
        return _stale(request, "staff:trunk-list")
    trunks = list(chosen.trunks(request).order_by("name", "pk")[: MOST + 1])
    if trouble := _trouble(trunks):
        messages.warning(request, trouble)
        return redirect(f"{reverse('staff:trunk-list')}?{chosen.query}".rstrip("?"))
    asked = request.POST if request.method == "POST" else request.GET
    form = WhoseForm(asked if "to" in asked else None, customers=_customers(request))
    context = {"form": form, "kept": _kept(request), **_of(request, trunks)}
    if not form.is_valid():
        return render(request, PAGE, context)
    verb = partial(assign, trunks, form.customer)
    return _planned(request, context, preview(trunks, form.customer), verb)


@access.staff_required("assign_trunk")
@require_http_methods(["GET", "HEAD", "POST"])
def assignment_rule_new(request: HttpRequest) -> HttpResponse:
    """Those without a customer, by what their name or external reference says."""
    asked = request.POST if request.method == "POST" else request.GET
    form = RuleForm(
        asked if "text" in asked else None, customers=_customers(request), may_take_back=False
    )
    form.initial = {"to": asked.get("to")}
    context: Context = {"form": form, "is_rule": True}
    if not form.is_valid():
        return render(request, PAGE, context)
    try:
        trunks = _found(request, form.rule)
    except Invalid as error:
        complain(form, error)
        return render(request, PAGE, context)
    except selections.Unsigned:
        return _stale(request, "staff:assignment-rule-new")
    if trouble := _trouble(trunks):
        form.add_error("text", trouble if trunks else "Finds no trunk that nobody has.")
        return render(request, PAGE, context)
    context |= _of(request, trunks)
    shown = [trunk.pk for trunk in trunks]
    verb = partial(assign_by_rule, form.rule, form.customer, shown=shown)
    return _planned(request, context, preview(trunks, form.customer), verb)


def _planned(request: HttpRequest, context: Context, plan: Assignment, verb: Verb) -> HttpResponse:
    """The plan; carried out once somebody said yes to this very one."""
    form = AssignForm(request.POST if request.method == "POST" else None, plan=plan)
    if form.is_valid() and request.POST.get("digest") != digest_of(plan):
        form.add_error(None, MOVED)
    if form.is_valid():
        try:
            return _done(request, verb(**form.said(), actor=access.actor_of(request.user)), plan)
        except Invalid as error:
            complain(form, error)
        except Denied as error:
            raise PermissionDenied(str(error)) from error
    return render(request, PAGE, {**context, "confirm": form, **plan_context(plan)})


def _done(request: HttpRequest, done: Assigned, plan: Assignment) -> HttpResponse:
    words = counted(len(done.trunks), "trunk")
    whose = f"{words} now with {plan.customer}." if plan.customer else f"{words} taken back."
    messages.success(request, whose)
    if len(done.regenerated) == 1:
        deliver(done.regenerated[0])
    if done.regenerated:
        messages.info(request, "New credentials are made: the changes say what became of them.")
    if len(plan.trunks) == 1:
        return redirect("staff:trunk-detail", plan.trunks[0].pk)
    if plan.customer:
        return redirect("staff:customer-detail", plan.customer.pk)
    return redirect("staff:trunk-list")


def _chosen(request: HttpRequest) -> Selection:
    if request.method == "POST":
        return selections.opened(request, request.POST.get("selection", ""))
    return selections.asked_for(request)


def _found(request: HttpRequest, rule: Rule) -> list[Trunk]:
    """What the rule finds; once somebody said yes, of what they were shown."""
    found = trunks_by_rule(rule)
    if request.method == "POST":
        seen = selections.opened(request, request.POST.get("selection", ""))
        found = found.filter(pk__in=seen.ids)
    return list(found[: MOST + 1])


def _trouble(trunks: list[Trunk]) -> str:
    if not trunks:
        return NONE_CHOSEN
    if len(trunks) > MOST:
        return f"These are more than {MOST:,} trunks; at most as many are assigned at once."
    return ""


def _of(request: HttpRequest, trunks: list[Trunk]) -> Context:
    """The very trunks that are shown, however they were chosen."""
    shown = Selection(tuple(str(trunk.pk) for trunk in trunks), shown=len(trunks))
    only = str(trunks[0]) if len(trunks) == 1 else counted(len(trunks), "trunk")
    return {"signed": shown.signed(request), "what": only, "chosen_one": len(trunks) == 1}


def _kept(request: HttpRequest) -> list[tuple[str, str]]:
    """What chose the trunks, for the form that asks whose they shall be."""
    lists = request.GET.lists()
    return [(name, str(v)) for name, values in lists if name != "to" for v in values]


def _customers(request: HttpRequest) -> Any:
    return access.customers_for(request.user).order_by("name")


def _stale(request: HttpRequest, name: str) -> HttpResponse:
    messages.warning(request, STALE)
    return redirect(name)
