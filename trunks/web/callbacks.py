"""The door for upstream's events: no session, no token, a signature instead."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from trunks.services import callbacks

SIGNATURE = "X-DIDWW-Signature"
MOST_BYTES = 256_000  # some thousand events; a delivery has one, or what piled up meanwhile


@csrf_exempt
@require_POST
def callback(request: HttpRequest, pk: int) -> HttpResponse:
    """204 when the events are stored (or were before), 4xx without details when they are not.

    The signature covers the URL that upstream was given: `PUBLIC_URL` and the path. Behind a proxy
    the host and scheme of the request itself may be others, so they are not asked.
    """
    if request.content_type != "application/json":
        return _no(415)
    try:
        body = request.read(MOST_BYTES + 1)
    except UnreadablePostError:
        return _no(400)
    if len(body) > MOST_BYTES:
        return _no(413)
    url, signature = settings.PUBLIC_URL + request.get_full_path(), request.headers.get(SIGNATURE)
    try:
        callbacks.receive_callback(pk, url=url, signature=signature or "", body=body)
    except callbacks.UnsignedCallback:
        return _no(403)
    except callbacks.MalformedCallback:
        return _no(400)
    return HttpResponse(status=204)


def _no(status: int) -> HttpResponse:
    return HttpResponse("not accepted\n", status=status, content_type="text/plain")
