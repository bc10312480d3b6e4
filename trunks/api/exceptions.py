"""The answer to whatever a view raised: always error objects.

The library's handler would point every error that has no source at `/data`; upstream does not.
"""

import logging
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from trunks.api import errors
from trunks.api.documents import Document
from trunks.api.errors import Refusal
from trunks.api.problems import needs_approval, unprocessable
from trunks.services.errors import BeyondRails, Denied, Invalid, NotPlanned

log = logging.getLogger(__name__)


def exception_handler(problem: Exception, context: dict[str, Any]) -> Response:
    found = _refusal_of(problem)
    if found.status == 500:
        request = context["request"]._request
        id_ = getattr(context["view"], "request_id", "")
        log.error("request %s: %s %s failed", id_, request.method, request.path, exc_info=problem)
        got_request_exception.send(sender=None, request=request)
    headers = dict(found.headers)
    if challenge := getattr(problem, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    return Response(Document(errors=found.errors), found.status, headers=headers)


def _refusal_of(problem: Exception) -> Refusal:
    match problem:
        case Refusal():
            return problem
        case BeyondRails(is_requestable=True):
            return needs_approval(problem.problems)
        case Invalid():
            return unprocessable(problem.problems)
        case Denied():
            return errors.forbidden()
        case NotPlanned():
            return errors.in_progress()
        case Http404():
            return errors.not_found("")
        case RequestDataTooBig():
            return errors.too_large(settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0)
        case SuspiciousOperation():  # Django's other limits: too many parameters
            return errors.parameter_not_allowed("This query")
        case exceptions.APIException():
            return _of_framework(problem)
    return errors.internal()


def _of_framework(problem: exceptions.APIException) -> Refusal:
    match problem:
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            return errors.unauthorized()
        case exceptions.MethodNotAllowed():
            return errors.method_not_allowed("This method")
        case exceptions.Throttled():
            return errors.too_many_requests(getattr(problem, "wait", None))
    if problem.status_code >= 500:
        return errors.internal()
    title = str(problem.default_detail)
    return errors.refusal(problem.status_code, str(problem.status_code), title, title)
