from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from trunks import access
from trunks.web import asked
from trunks.web.listing import kept, page_of, respond
from trunks.web.staff.customer_rows import SORTS, counted_customers, customer_rows
from trunks.web.words import counted


@access.staff_required("view_customer")
@require_safe
def customer_list(request: HttpRequest) -> HttpResponse:
    """The companies that trunks are lent to, with what waits for staff and what they spend."""
    found = access.customers_for(request.user)
    if text := asked.text(request, "q"):
        found = found.filter(name__icontains=text)
    count = found.count()
    order = SORTS.get(request.GET.get("sort", ""), SORTS["name"])
    page = page_of(request, counted_customers(found).order_by(order, "name", "pk"), count)
    context = {
        "page": page,
        "rows": customer_rows(page),
        "announce": counted(count, "customer"),
        "kept": kept(request.GET, "q"),
    }
    return respond(request, "staff/customers/list.html", context)
