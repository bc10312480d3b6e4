"""The list of trunks as a file: those ticked, or all that pass its filter."""

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from trunks import access
from trunks.services.exporting import export_trunks
from trunks.web.staff import selection as selections
from trunks.web.staff.trunk_filters import sorted_rows

TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


@access.staff_required("view_trunk")
@require_GET
def trunk_export(request: HttpRequest) -> HttpResponse:
    """`format`: csv or json; what else the URL holds is the list's. Written to the audit."""
    format_ = request.GET.get("format", "csv")
    if format_ not in TYPES:
        raise Http404
    chosen = selections.asked_for(request)
    lines = export_trunks(
        sorted_rows(request, chosen.trunks(request)),
        format_,
        actor=access.actor_of(request.user),
        selection=chosen.query or chosen.words,
    )
    response = StreamingHttpResponse(lines, content_type=TYPES[format_])
    name = f"trunks-{timezone.localdate():%Y-%m-%d}.{format_}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response  # type: ignore[return-value]  # a response all the same
