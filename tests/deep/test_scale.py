"""Ten thousand trunks are ordinary."""

import pytest

from trunks.domain import authentication
from trunks.domain.actor import SYSTEM
from trunks.models import Account, Change, Trunk
from trunks.sandbox import Sandbox
from trunks.services.pulling import pull
from trunks.services.secrets import open_methods

pytestmark = pytest.mark.deep


@pytest.fixture
def large(account: Account, sandbox: Sandbox):
    sandbox.reset(trunks=10_000, dids=12_000)
    yield account
    sandbox.reset(trunks=40, dids=120)


def test_ten_thousand_trunks_are_mirrored_exactly_and_then_quietly(large, sandbox):
    first = pull(large)
    assert (first.state, first.created, first.set_aside) == ("done", 10_000, [])
    second = pull(large)
    assert (second.created, second.updated, second.drifted, second.missing) == (0, 0, 0, 0)
    assert not Change.objects.exists()
    rows = {str(row.pk): row for row in Trunk.objects.with_linkage()}
    methods = open_methods(list(rows.values()), actor=SYSTEM)
    for theirs in sandbox.trunks():
        row = rows[theirs["id"]]
        method = methods[row.pk]
        assert method is not None
        shown = {**row.attributes(), "authentication_method": authentication.dump(method)}
        assert shown == theirs["attributes"]


def test_a_hundred_edits_among_them_are_found_and_nothing_else(large, sandbox):
    pull(large)
    for trunk in sandbox.trunks()[:100]:
        sandbox.change_trunk(trunk["id"], rtp_timeout=599)
    run = pull(large)
    assert (run.updated, run.drifted) == (100, 100)
