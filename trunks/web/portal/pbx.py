from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from trunks import access
from trunks.domain.pbx import PASSWORD, line_of, recipes
from trunks.domain.pbx_hosts import HOSTS
from trunks.web.forms.opening import units_for
from trunks.web.portal.trunk_edit import crumbs_of


@access.member_required()
@require_safe
def trunk_pbx(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The trunk's settings written out for the phone system that uses it; never its password."""
    trunk = access.trunk_for(request.user, pk)
    numbers = access.linked_for(request.user, trunk, "dids").order_by("number")
    line = line_of(
        units_for(request.user, trunk),
        username=trunk.auth_username,
        numbers=[number for number in numbers.values_list("number", flat=True) if number],
        host=request.GET.get("host"),
    )
    found = recipes(line) if line else ()
    wanted = request.GET.get("for", "")
    context = {
        "trunk": trunk,
        "line": line,
        "recipes": found,
        "chosen": next((r for r in found if r.key == wanted), found[0] if found else None),
        "hosts": HOSTS,
        "placeholder": PASSWORD,
        "crumbs": crumbs_of(trunk),
    }
    return render(request, "portal/trunks/pbx.html", context)
