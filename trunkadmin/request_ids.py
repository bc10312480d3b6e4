"""Each request gets an id: its log lines carry it, and its answer tells it to whoever asks us."""

import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from trunks.domain.occasion import occasion

Answer = Callable[[HttpRequest], HttpResponse]


def name_requests(get_response: Answer) -> Answer:
    """Middleware. The id is ours: one from outside could name two requests alike."""

    def answer(request: HttpRequest) -> HttpResponse:
        id_ = str(uuid.uuid4())
        request.id = id_  # type: ignore[attr-defined]
        with occasion(request=id_):
            response = get_response(request)
        response["X-Request-Id"] = id_
        return response

    return answer
