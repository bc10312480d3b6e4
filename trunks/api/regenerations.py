"""voice_out_trunk_regenerate_credentials: new credentials for a trunk, to be read back from it."""

from rest_framework.request import Request
from rest_framework.response import Response

from trunks.api import errors
from trunks.api.bodies import read_body, to_one
from trunks.api.documents import answer, one
from trunks.api.lookups import trunk_of
from trunks.api.outcomes import settle
from trunks.api.queries import read_query
from trunks.api.resources import REGENERATIONS, TRUNKS
from trunks.api.views import ApiView
from trunks.models import Trunk
from trunks.services.errors import Invalid, Problem
from trunks.services.proposing import propose

RELATION = "voice_out_trunk"


class Regenerations(ApiView):
    def post(self, request: Request) -> Response:
        read_query(request, TRUNKS, is_list=False)
        trunk = self._trunk(request)
        try:
            change = propose(trunk, {}, kind="regenerate", actor=self.actor, origin="api")
        except Invalid as invalid:
            problems = [Problem(RELATION, problem.message) for problem in invalid.problems]
            raise Invalid(problems) from None
        done = one({"id": str(trunk.pk), "type": REGENERATIONS})
        return settle(
            change,
            request,
            actor=self.actor,
            base=self.base,
            applied=lambda change: answer(done, 201),
        )

    def _trunk(self, request: Request) -> Trunk:
        body = read_body(request.data, REGENERATIONS, attributes=(), relations=(RELATION,))
        linkage = body.relations.get(RELATION)
        if linkage is None:
            raise Invalid([Problem(RELATION, "can't be blank")])
        if not isinstance(linkage, dict):
            raise errors.not_a_linkage()
        return trunk_of(self.token, to_one(linkage, TRUNKS.name))
