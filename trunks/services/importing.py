"""An uploaded sheet as a plan: each line creates a trunk, changes one, or says why it cannot."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from trunks.domain.actor import Actor
from trunks.domain.columns import ACCOUNT, CUSTOMER, ID
from trunks.domain.imported import Cells, read_create, read_update
from trunks.domain.networks import shown
from trunks.domain.patch import Put
from trunks.domain.problems import Problem
from trunks.domain.sheet_reading import read_sheet
from trunks.domain.sheets import Line, Sheet
from trunks.models import Account, Batch, Change, Trunk
from trunks.models.clock import database_now
from trunks.services.courses import Ask
from trunks.services.drafts import Draft, keep_plan
from trunks.services.exporting import numbers_of
from trunks.services.import_facts import AT_ONCE, Facts, id_in

TWICE = "is the same trunk as in line {}"
SAME_NAME = "is the same as in line {}"
IN_USE = "is in use: give that trunk's id to change it"
NO_SUCH_ID = "is not the id of a trunk known here"
GONE = "no longer exists upstream: leave the id empty to create it again as a new trunk"
NO_MOVE = "is another one: a trunk cannot move"
NO_SUCH_ACCOUNT = "is not the name of an account known here"
NOT_HERE = "is not set by an import"


def plan_import(
    content: bytes, *, actor: Actor, title: str = "", account: Account | None = None
) -> Batch:
    """What the file would do, line by line; nothing is sent. Raises `FileRefused`.

    `account`: where new trunks go whose line names none.
    """
    sheet = read_sheet(content)
    batch = Batch(
        kind=Batch.Kind.IMPORT,
        title=title or "Import",
        notes=list(sheet.notes),
        created_at=database_now(),
    )
    return keep_plan(batch, Importing(sheet, account).drafts(), actor=actor)


class Importing:
    """Goes through a sheet, remembering what earlier lines have spoken of."""

    def __init__(self, sheet: Sheet, account: Account | None):
        self.sheet = sheet
        self.account = account
        self.accounts = {a.name: a for a in Account.objects.all()}
        self.lines_of_ids: dict[str, int] = {}
        self.lines_of_names: dict[tuple[int | None, str], int] = {}

    def drafts(self) -> Iterator[Draft]:
        left = iter(self.sheet.lines)
        while some := list(islice(left, AT_ONCE)):
            facts = Facts.of([line.cells for line in some])
            for line in some:
                yield self._draft(line, facts)

    def _draft(self, line: Line, facts: Facts) -> Draft:
        label = shown(str(line.cells.get("name") or line.cells.get(ID) or ""), 200)
        if line.complaint:
            return Draft(line.number, label, problems=(Problem("", line.complaint),))
        id_ = id_in(line.cells)
        return self._update(line, id_, facts) if id_ else self._create(line, label, facts)

    # --- A line with an id ------------------------------------------------------------------------

    def _update(self, line: Line, id_: str, facts: Facts) -> Draft:
        trunk = facts.trunks.get(id_)
        problems = self._about(line, id_, trunk)
        if trunk is None or problems:
            label = str(trunk) if trunk else shown(str(line.cells.get("name") or id_), 200)
            return Draft(line.number, label, trunk, problems=tuple(problems))
        cells = Cells(line.cells, self.sheet.is_text)
        numbers = numbers_of(trunk)
        find = facts.finder(trunk.account_id, numbers)
        patch, problems = read_update(cells, trunk.units(), numbers, find)
        if isinstance(name := patch.get("name"), Put):
            problems = [*problems, *self._name(line, trunk.account_id, name.value)]
        ask = Ask(trunk, patch) if patch else None
        return Draft(line.number, str(trunk), trunk, ask, tuple(problems))

    def _about(self, line: Line, id_: str, trunk: Trunk | None) -> list[Problem]:
        if trunk is None:
            return [Problem(ID, NO_SUCH_ID)]
        if (first := self.lines_of_ids.setdefault(id_, line.number)) != line.number:
            return [Problem(ID, TWICE.format(first))]
        if trunk.is_gone:
            return [Problem(ID, GONE)]
        told = {
            ACCOUNT: (trunk.account.name, NO_MOVE),
            CUSTOMER: (str(trunk.customer or ""), NOT_HERE),
        }
        return [
            Problem(column, complaint)
            for column, (held, complaint) in told.items()
            if column in line.cells and str(line.cells[column] or "").strip() != held.strip()
        ]

    # --- A line without ---------------------------------------------------------------------------

    def _create(self, line: Line, label: str, facts: Facts) -> Draft:
        account, problems = self._account(line)
        cells = Cells(line.cells, self.sheet.is_text)
        patch, found = read_create(cells, facts.finder(account.pk if account else None, {}))
        problems += found
        if isinstance(name := patch.get("name"), Put):
            problems += self._name(line, account.pk if account else None, name.value)
            if account and (account.pk, name.value) in facts.names:
                problems.append(Problem("name", IN_USE))
        if str(line.cells.get(CUSTOMER) or "").strip():
            problems.append(Problem(CUSTOMER, NOT_HERE))
        ask = Ask(None, patch, kind=Change.Kind.CREATE, account=account)
        return Draft(line.number, label, None, ask, tuple(problems))

    def _account(self, line: Line) -> tuple[Account | None, list[Problem]]:
        name = str(line.cells.get(ACCOUNT) or "").strip()
        if not name:
            return self.account, []
        account = self.accounts.get(name)
        return account, [] if account else [Problem(ACCOUNT, NO_SUCH_ACCOUNT)]

    def _name(self, line: Line, account_id: int | None, name: Any) -> list[Problem]:
        """Upstream refuses a name twice; what it has under that name by then is its own to say."""
        if not isinstance(name, str) or not name:
            return []
        first = self.lines_of_names.setdefault((account_id, name), line.number)
        return [Problem("name", SAME_NAME.format(first))] if first != line.number else []
