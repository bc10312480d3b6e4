"""What Prometheus asks."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from trunks.services.metrics import scrape
from trunks.web.insiders import is_insider


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """For this machine and for who knows the token; for anybody else there is no such page."""
    if not is_insider(request):
        raise Http404
    return HttpResponse(scrape(), content_type=CONTENT_TYPE_LATEST)
