"""`schema` and `docs`: open to everyone, since they hold nothing that is not in the README."""

from csp.constants import NONE, SELF
from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.views import SpectacularAPIView
from rest_framework.negotiation import DefaultContentNegotiation

from trunks.api.schema.generator import ApiSchemaGenerator

SWAGGER = "drf_spectacular_sidecar/swagger-ui-dist/"
PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API · trunkadmin</title>
<link rel="icon" href="{}">
<link rel="stylesheet" href="{}">
</head>
<body>
<main id="swagger-ui"></main>
<script src="{}"></script>
<script src="{}"></script>
</body>
</html>
"""
START = """\
"use strict";
window.ui = SwaggerUIBundle({
  url: document.currentScript.src.replace("docs.js", "schema"),
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
});
"""
# As every page's, and Swagger UI's icons, which are data: images.
POLICY = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF, "data:"],
    "connect-src": [SELF],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [NONE],
}


class Schema(SpectacularAPIView):
    generator_class = ApiSchemaGenerator
    schema = None
    authentication_classes = []
    content_negotiation_class = DefaultContentNegotiation
    renderer_classes = [
        OpenApiJsonRenderer2,
        OpenApiJsonRenderer,
        OpenApiYamlRenderer,
        OpenApiYamlRenderer2,
    ]


schema = cache_control(no_store=True)(Schema.as_view())


@require_safe
@csp_replace(POLICY)
@cache_control(no_store=True)
def docs(request: HttpRequest) -> HttpResponse:
    page = format_html(
        PAGE,
        static(SWAGGER + "favicon-32x32.png"),
        static(SWAGGER + "swagger-ui.css"),
        static(SWAGGER + "swagger-ui-bundle.js"),
        reverse("api:docs-script"),
    )
    return HttpResponse(page)


@require_safe
def docs_script(request: HttpRequest) -> HttpResponse:
    """A file of its own: the policy allows no inline script, here neither."""
    return HttpResponse(START, content_type="text/javascript; charset=utf-8")
