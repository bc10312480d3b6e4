"""A trunk in a form: what was seen, what was typed, and what of it is a change."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from trunks.domain.attributes import ATTRIBUTES, check_attribute
from trunks.domain.networks import shown
from trunks.domain.patch import Op, apply_patch, patch_between, stated
from trunks.domain.problems import Problem
from trunks.domain.rules import check_trunk
from trunks.domain.units import MANAGED_BY, METHOD, TYPE, Units
from trunks.models import Account, Trunk
from trunks.models.did import DidQuerySet
from trunks.web.forms.authentication import METHOD_FORMS, MethodGroup, method_cards
from trunks.web.forms.numbers import KINDS, NumberPicker
from trunks.web.forms.trunk import NEW, TrunkForm
from trunks.web.forms.typed import typed_of

FIELD_OF = {TYPE: "auth_type", "authentication_method": "auth_type", "account": "account"}


class Editing:
    """All of the form of one trunk: plain settings, the method's group, the pickers.

    `seen`: the units as the form was first shown; `data`: what was sent, None for a fresh form;
    `dids`: the numbers of the trunk's account. `trunk` is None for a new one.
    """

    def __init__(
        self,
        *,
        seen: Units,
        dids: DidQuerySet,
        trunk: Trunk | None = None,
        account: Account | None = None,
        accounts: Sequence[Account] = (),
        data: Any = None,
    ):
        self.trunk, self.seen, self.dids, self.account = trunk, seen, dids, account
        self.form = TrunkForm(data, seen=seen, accounts=accounts)
        self.method = MethodGroup.of(seen, data)
        self.pickers = {name: NumberPicker.of(name, seen, data) for name in KINDS}
        self.notice = ""
        self.seen_at: datetime | None = None  # when it was first shown; None: now
        self._name_numbers()

    @property
    def cards(self) -> list[dict[str, Any]]:
        return method_cards(self.seen.get(TYPE) if self.trunk else None)

    @property
    def shown(self) -> str:
        """What each field showed at first, as JSON: the page counts by it what was touched."""
        made = METHOD_FORMS.get(self.seen.get(TYPE) or "")
        own = made(seen=self.seen).shown() if made else {}
        return json.dumps({**self.form.shown(), **own, "auth_type": self.seen.get(TYPE) or ""})

    def _name_numbers(self) -> None:
        """One query names the chosen numbers of all pickers."""
        ids = {i for picker in self.pickers.values() for i in picker.ids}
        known = {str(did.pk): did for did in self.dids.filter(pk__in=ids)} if ids else {}
        for picker in self.pickers.values():
            picker.name_chosen(known, self.seen)

    # --- What was asked for -----------------------------------------------------------------------

    def patch(self) -> dict[str, Op]:
        """What the person asks for; what is wrong with it is put beside its fields."""
        wanted, problems = self._wanted()
        patch = patch_between(self.seen, wanted) if self.trunk else stated(wanted)
        before = self.seen if self.trunk else None
        whole = apply_patch(self.seen if self.trunk else {}, patch)
        known = {problem.unit for problem in problems}
        found = check_trunk(before, whole, set(patch))
        self.complain([*problems, *(p for p in found if p.unit not in known)])
        return patch

    @property
    def is_fine(self) -> bool:
        return not self.form.errors and not (self.method.form and self.method.form.errors)

    def _wanted(self) -> tuple[dict[str, Any], list[Problem]]:
        wanted, problems = self.method.wanted() if self.trunk else self._new_method()
        typed = self.form.touched() if self.trunk else self.form.entered()
        for name in (n for n in typed if n in ATTRIBUTES):
            if not self.trunk and typed[name] in (None, "", ()):
                continue  # left to upstream's own default
            wanted[name], complaints = check_attribute(name, typed[name])
            problems += [Problem(name, complaint) for complaint in complaints]
        problems += [
            Problem(name, f"“{shown(value)}” is not one of the account's DIDs")
            for name, picker in self.pickers.items()
            for value in picker.odd[:1]
        ]
        return {**wanted, **self._numbers(wanted)}, problems

    def _new_method(self) -> tuple[dict[str, Any], list[Problem]]:
        """A new trunk states its method whole, touched or not."""
        fresh = MethodGroup(self.method.chosen, {}, self.method.form, [])
        return fresh.wanted()

    def _numbers(self, wanted: Units) -> dict[str, Any]:
        chosen: dict[str, Any] = {}
        for name, picker in self.pickers.items():
            if not self._is_chosen_here(name, wanted):
                continue
            if not picker.kind.single:
                chosen[name] = picker.ids
            elif picker.ids:
                chosen[name] = picker.ids[0]
        return chosen

    def _is_chosen_here(self, name: str, wanted: Units) -> bool:
        """Not while a flag leaves the list to upstream; the default only where it is used."""
        after = {**self.seen, **wanted}
        if name in MANAGED_BY:
            return not after.get(MANAGED_BY[name])
        return after.get("on_cli_mismatch_action") == "replace_cli"

    # --- What is wrong with it --------------------------------------------------------------------

    def complain(self, problems: Iterable[Problem]) -> None:
        """Puts each problem beside its cause; what has no field here stands on top."""
        beside: dict[str, list[str]] = {}
        for problem in problems:
            beside.setdefault(problem.unit, []).append(problem.sentence)
        for unit, messages in beside.items():
            self._complain_of(unit, messages)

    def quote(self, problems: Iterable[Problem]) -> None:
        """The same for upstream's refusals, in its own words."""
        for problem in problems:
            self._complain_of(problem.unit, [problem.message])

    def _complain_of(self, unit: str, messages: list[str]) -> None:
        form = self.method.form
        own = unit.removeprefix(METHOD)
        if unit.startswith(METHOD) and form and own in form.fields:
            form.complain(own, messages)
            return
        name = "auth_type" if unit.startswith(METHOD) else FIELD_OF.get(unit, unit)
        self.form.complain(name if name in self.form.fields else None, messages)


__all__ = ["NEW", "Editing", "typed_of"]
