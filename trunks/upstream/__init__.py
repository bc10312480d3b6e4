"""The one door to the upstream: speaks frozen values, knows no rows, alone uses `requests`."""

from trunks.upstream.client import Client
from trunks.upstream.errors import (
    Missing,
    NotSent,
    OutcomeUnknown,
    Refused,
    Unauthorized,
    Unavailable,
    UpstreamError,
)
from trunks.upstream.transport import Deadline
from trunks.upstream.values import (
    Listing,
    MalformedResource,
    UpstreamDid,
    UpstreamTrunk,
    fingerprint,
)

__all__ = [
    "Client",
    "Deadline",
    "Listing",
    "MalformedResource",
    "Missing",
    "NotSent",
    "OutcomeUnknown",
    "Refused",
    "Unauthorized",
    "Unavailable",
    "UpstreamDid",
    "UpstreamError",
    "UpstreamTrunk",
    "fingerprint",
]
