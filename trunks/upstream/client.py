"""What can be asked of the upstream, in frozen values. Source: the contract, API 2026-04-16."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from trunks.domain.units import Units
from trunks.upstream.bodies import create_body, regenerate_body, update_body
from trunks.upstream.errors import OutcomeUnknown, Refused, Unavailable
from trunks.upstream.transport import Answer, Deadline, Transport
from trunks.upstream.values import (
    Listing,
    MalformedResource,
    UpstreamTrunk,
    included_index,
    read_id,
    read_trunk,
)
from trunks.upstream.words import fit_text

TRUNKS = "/voice_out_trunks"
DIDS = "/dids"
WITH_LINKAGE = "dids,emergency_dids"
WITH_GROUP = ("did_group.country,did_group.city", "did_group", "")  # the richest that is taken
TRUNK_PAGE_SIZES = (1000, 100, 50)  # smaller where an account's upstream refuses
DID_PAGE_SIZES = (100, 50)
MOST_RECORDS = 2**31 - 1  # no account has as many, and no column of ours counts further
NO_DEADLINE = Deadline(None)


class Client:
    """One account's upstream. Methods raise the family in `upstream.errors`."""

    def __init__(self, transport: Transport):
        self.transport = transport

    def close(self) -> None:
        self.transport.close()

    # --- reads ---

    def trunk(self, trunk_id: str, deadline: Deadline = NO_DEADLINE) -> UpstreamTrunk:
        """The trunk with its linkage."""
        return self.trunk_with_included(trunk_id, deadline)[0]

    def trunk_with_included(
        self, trunk_id: str, deadline: Deadline = NO_DEADLINE
    ) -> tuple[UpstreamTrunk, Mapping[tuple[str, str], Mapping[str, Any]]]:
        """The trunk with its linkage, and the DIDs that came along, by (type, id)."""
        params = {"include": WITH_LINKAGE}
        answer = self.transport.read(f"{TRUNKS}/{trunk_id}", params, deadline)
        trunk = _only_trunk("GET", answer, trunk_id)
        return trunk, included_index(answer.document.get("included"))

    def ids_named(self, name: str, deadline: Deadline = NO_DEADLINE) -> list[str]:
        """Ids of the trunks whose name is exactly this, however odd they are otherwise."""
        answer = self.transport.read(TRUNKS, {"filter[name]": name}, deadline)
        return [id_ for resource in _listing(answer).resources if (id_ := _id_of(resource))]

    def trunk_pages(self) -> Iterator[Listing]:
        """Every trunk with its linkage, page by page, in upstream's own order."""
        return self._pages(TRUNKS, (WITH_LINKAGE,), TRUNK_PAGE_SIZES)

    def did_pages(self) -> Iterator[Listing]:
        """Every DID with its group, page by page, by number."""
        return self._pages(DIDS, WITH_GROUP, DID_PAGE_SIZES)

    def balance(self) -> str:
        """The account's balance as upstream writes it, "" where it shows none."""
        document = self.transport.read("/balance", {}, NO_DEADLINE).document
        try:
            return fit_text(str(document["data"]["attributes"]["balance"] or ""))
        except (KeyError, TypeError, IndexError):
            return ""

    def _pages(
        self, path: str, includes: tuple[str, ...], sizes: tuple[int, ...]
    ) -> Iterator[Listing]:
        """Ends at an empty page too, whatever the total says: the caller counts."""
        params, size, listing = self._first_page(path, includes, sizes)
        yield listing
        if len(listing.resources) < listing.total:
            size = min(size, len(listing.resources)) or size  # made smaller without a word
        for number in range(2, -(-listing.total // size) + 1):
            if not listing.resources:
                return
            answer = self.transport.read(path, _page(params, size, number), NO_DEADLINE)
            listing = _listing(answer)
            yield listing

    def _first_page(
        self, path: str, includes: tuple[str, ...], sizes: tuple[int, ...]
    ) -> tuple[dict[str, str], int, Listing]:
        """The first page in the richest form and the largest size that upstream does not refuse."""
        refusal: Refused | None = None
        for include, size in product(includes, sizes):
            params = {"include": include} if include else {}
            try:
                answer = self.transport.read(path, _page(params, size, 1), NO_DEADLINE)
                return params, size, _listing(answer)
            except Refused as error:
                if error.status != 400:
                    raise
                refusal = refusal or error
        raise refusal or AssertionError("nothing was asked")

    # --- writes ---

    def create(self, wanted: Units, deadline: Deadline = NO_DEADLINE) -> tuple[UpstreamTrunk, str]:
        """The new trunk (no linkage in it) and upstream's request id."""
        answer = self.transport.write("POST", TRUNKS, create_body(wanted), deadline)
        return _only_trunk("POST", answer), answer.request_id

    def update(
        self,
        trunk_id: str,
        send: Mapping[str, Any],
        wanted: Units,
        deadline: Deadline = NO_DEADLINE,
    ) -> tuple[UpstreamTrunk, str]:
        """The trunk after the write (no linkage in it) and upstream's request id."""
        body = update_body(trunk_id, send, wanted)
        answer = self.transport.write("PATCH", f"{TRUNKS}/{trunk_id}", body, deadline)
        return _only_trunk("PATCH", answer, trunk_id), answer.request_id

    def delete(self, trunk_id: str, deadline: Deadline = NO_DEADLINE) -> str:
        return self.transport.write("DELETE", f"{TRUNKS}/{trunk_id}", None, deadline).request_id

    def regenerate(self, trunk_id: str, deadline: Deadline = NO_DEADLINE) -> str:
        """Ask for new credentials; upstream's answer holds none: read the trunk again."""
        path = "/voice_out_trunk_regenerate_credentials"
        return self.transport.write("POST", path, regenerate_body(trunk_id), deadline).request_id


def _id_of(resource: Any) -> str | None:
    try:
        return read_id(resource)
    except MalformedResource:
        return None


def _page(params: Mapping[str, str], size: int, number: int) -> dict[str, str]:
    return {**params, "page[size]": str(size), "page[number]": str(number)}


def _only_trunk(method: str, answer: Answer, trunk_id: str = "") -> UpstreamTrunk:
    """`trunk_id`: the one that was asked for; an answer about another is none."""
    lost = Unavailable if method == "GET" else OutcomeUnknown
    try:
        trunk = read_trunk(answer.document.get("data"))  # type: ignore[arg-type]
    except MalformedResource as error:
        raise lost(f"upstream's answer: {error}", request_id=answer.request_id) from None
    if trunk_id and trunk.id != trunk_id:
        raise lost("upstream answers about another trunk", request_id=answer.request_id)
    return trunk


def _listing(answer: Answer) -> Listing:
    data, meta = answer.document.get("data"), answer.document.get("meta")
    total = meta.get("total_records") if isinstance(meta, dict) else None
    if not isinstance(data, list) or not isinstance(total, int) or isinstance(total, bool):
        raise Unavailable("upstream's list makes no sense", request_id=answer.request_id)
    if not 0 <= total <= MOST_RECORDS:
        raise Unavailable("upstream's list makes no sense", request_id=answer.request_id)
    return Listing(data, included_index(answer.document.get("included")), total)
