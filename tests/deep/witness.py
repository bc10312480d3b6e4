"""What really happened at the upstream: every write that took effect, as the sandbox did it."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from trunks.domain.authentication import load
from trunks.domain.units import Units, difference, units_of
from trunks.models import Trunk
from trunks.sandbox import Sandbox


@dataclass(frozen=True)
class Effect:
    """A write of ours that took effect. `trunk_id` of a create is the new one's."""

    kind: str  # as `Change.Kind`
    trunk_id: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    by: str  # the change on whose behalf it was sent, where that is known


@dataclass
class Witness:
    """Stands beside the sandbox while `watching`; others' hands (`control`) are not effects.

    `sender` tells on whose behalf the next write comes. `arrived` counts the writes that reached
    the upstream, by sender, whether they took effect or not.
    """

    sandbox: Sandbox
    sender: Callable[[], str] = lambda: ""
    effects: list[Effect] = field(default_factory=list)
    arrived: dict[str, int] = field(default_factory=dict)
    told: Callable[[Effect], None] = lambda effect: None
    _handled: int = 0
    _one_more: threading.Condition = field(default_factory=threading.Condition)

    @contextmanager
    def watching(self) -> Iterator["Witness"]:
        upstream = self.sandbox.upstream
        handle, answer = upstream.handle, upstream.api.answer

        def handled(request: Any) -> Any:
            if request.is_write and not request.path.startswith("/control/"):
                by = self.sender()
                self.arrived[by] = self.arrived.get(by, 0) + 1
            response = handle(request)
            with self._one_more:
                self._handled += 1
                self._one_more.notify_all()
            return response

        def answered(request: Any) -> Any:
            if not request.is_write:
                return answer(request)
            with upstream.store.lock:  # one write alone, as the API itself does it
                before = {trunk["id"]: trunk for trunk in self.sandbox.trunks()}
                response = answer(request)
                after = {trunk["id"]: trunk for trunk in self.sandbox.trunks()}
            if response.status < 300:
                self._note(_kind_of(request), before, after)
            return response

        upstream.handle, upstream.api.answer = handled, answered  # type: ignore[method-assign]
        try:
            yield self
        finally:
            upstream.handle, upstream.api.answer = handle, answer  # type: ignore[method-assign]

    def _note(self, kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """A write that changes nothing at all has no effect."""
        for id_ in {**before, **after}:
            if before.get(id_) != after.get(id_):
                effect = Effect(kind, id_, before.get(id_), after.get(id_), self.sender())
                self.effects.append(effect)
                self.told(effect)

    def wait_until_handled(self, count: int) -> None:
        """Until upstream is through with so many requests, answered or not."""
        with self._one_more:
            assert self._one_more.wait_for(lambda: self._handled >= count, timeout=20.0)

    def of(self, change_id: object) -> list[Effect]:
        return [effect for effect in self.effects if effect.by == str(change_id)]


def _kind_of(request: Any) -> str:
    if request.method == "POST":
        return "regenerate" if "regenerate" in request.path else "create"
    return "delete" if request.method == "DELETE" else "update"


def units_upstream(trunk: Mapping[str, Any]) -> Units:
    """The settings of a trunk as the sandbox stores it, in our units of comparison."""
    attributes = trunk["attributes"]
    method = attributes.get("authentication_method")
    return units_of(attributes, method and load(method), trunk["dids"], trunk["emergency_dids"])


def check_the_mirror(sandbox: Sandbox) -> None:
    """What is known here is what upstream holds, trunk by trunk."""
    upstream = {trunk["id"]: units_upstream(trunk) for trunk in sandbox.trunks()}
    rows = {str(row.pk): row.units() for row in Trunk.objects.present().with_linkage()}
    assert rows.keys() == upstream.keys()
    apart = {id_: difference(rows[id_], upstream[id_]) for id_ in rows}
    assert not {id_: what for id_, what in apart.items() if what}


def credentials_of(trunk: Mapping[str, Any]) -> tuple[Any, Any] | None:
    own = (trunk["attributes"].get("authentication_method") or {}).get("attributes") or {}
    return (own["username"], own["password"]) if "password" in own else None
