"""What every view of the API has in common."""

import logging
import uuid
from typing import Any

from django.core.signals import got_request_exception
from django.http import Http404, HttpRequest
from django.utils.cache import patch_vary_headers
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from trunks import access
from trunks.api import errors
from trunks.api.authentication import HasScope, TokenAuthentication
from trunks.api.errors import Refusal
from trunks.api.media import JsonApiNegotiation, JsonApiParser, JsonApiRenderer
from trunks.api.problems import unprocessable
from trunks.api.schema.generator import TableSchema
from trunks.domain.actor import Actor
from trunks.models import Token
from trunks.services.errors import Denied, Invalid, NotPlanned

API_VERSION = "2026-04-16"
META = {"api_version": API_VERSION}
log = logging.getLogger(__name__)


class ApiView(APIView):
    authentication_classes = [TokenAuthentication]
    permission_classes = [HasScope]
    renderer_classes = [JsonApiRenderer]
    parser_classes = [JsonApiParser]
    content_negotiation_class = JsonApiNegotiation
    schema = TableSchema()
    http_method_names = ["get", "post", "put", "patch", "delete", "head"]

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.request_id = str(uuid.uuid4())

    @property
    def token(self) -> Token:
        assert isinstance(self.request.auth, Token)  # noqa: S101  the permission saw to it
        return self.request.auth

    @property
    def actor(self) -> Actor:
        return access.actor_of(self.token)

    @property
    def base(self) -> str:
        """Where the API lives, absolute, without a slash at the end."""
        return self.request._request.build_absolute_uri("/api/v3")

    def get_exception_handler(self) -> Any:
        return answer_to

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["X-Request-Id"] = self.request_id
        patch_vary_headers(response, ("Accept", "Api-Key", "Authorization", "Prefer"))
        return response


class NotRouted(ApiView):
    """Any path that is none of ours: a 404 that a program can read."""

    schema = None  # type: ignore[assignment]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.perform_authentication(request)
        if not isinstance(request.auth, Token):
            raise exceptions.NotAuthenticated
        raise errors.no_route(request.path)


def answer_to(problem: Exception, context: dict[str, Any]) -> Response:
    """The answer to whatever a view raised: always error objects."""
    found = _refusal_of(problem)
    if found.status == 500:
        request = context["request"]._request
        id_ = context["view"].request_id
        log.error("request %s: %s %s failed", id_, request.method, request.path, exc_info=problem)
        got_request_exception.send(sender=None, request=request)
    headers = dict(found.headers)
    if challenge := getattr(problem, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    return Response({"errors": found.errors}, found.status, headers=headers)


def _refusal_of(problem: Exception) -> Refusal:
    match problem:
        case Refusal():
            return problem
        case Invalid():
            return unprocessable(problem.problems)
        case Denied():
            return errors.forbidden()
        case NotPlanned():
            return errors.in_progress()
        case Http404():
            return errors.not_found("")
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            return errors.unauthorized()
        case exceptions.MethodNotAllowed():
            return errors.method_not_allowed("This method")
        case exceptions.Throttled():
            return errors.too_many_requests(getattr(problem, "wait", None))
        case exceptions.APIException() if problem.status_code < 500:
            title = str(problem.default_detail)
            return errors.refusal(problem.status_code, str(problem.status_code), title, title)
    return errors.internal()
