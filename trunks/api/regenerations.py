"""voice_out_trunk_regenerate_credentials: new credentials for a trunk, to be read back from it."""

from rest_framework.request import Request
from rest_framework.response import Response

from trunks.api.documents import answer, one
from trunks.api.parsers import to_one
from trunks.api.serializers import REGENERATIONS
from trunks.api.trunks import TrunkViewSet
from trunks.models import Change, Trunk
from trunks.services.errors import Invalid, Problem
from trunks.services.proposing import propose

RELATION = "voice_out_trunk"


class RegenerationViewSet(TrunkViewSet):
    resource_name = REGENERATIONS
    writable = ()
    writable_relationships = (RELATION,)

    def create(self, request: Request) -> Response:
        self.check_query()
        trunk = self._trunk()
        done = one({"id": str(trunk.pk), "type": REGENERATIONS})
        return self.settle(lambda: self._propose(trunk), lambda change: answer(done, 201))

    def _propose(self, trunk: Trunk) -> Change:
        try:
            return propose(trunk, {}, kind="regenerate", actor=self.actor, origin="api")
        except Invalid as invalid:
            problems = [Problem(RELATION, problem.message) for problem in invalid.problems]
            raise Invalid(problems) from None

    def _trunk(self) -> Trunk:
        linkage = self.body()["relationships"].get(RELATION)
        if linkage is None:
            raise Invalid([Problem(RELATION, "can't be blank")])
        return self.lookup(self.get_queryset(), to_one(linkage, "voice_out_trunks"))
