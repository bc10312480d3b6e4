"""What is wrong with a value, beside its cause: the domain's problems as error objects."""

from collections.abc import Iterable
from itertools import islice

from trunks.api.errors import ErrorObject, Refusal, error
from trunks.domain.problems import Problem
from trunks.domain.units import SIP_IPS
from trunks.services import problems as services_problems

MOST_ERRORS = 100  # of one body: nobody reads more
METHOD_POINTER = "/data/attributes/authentication_method"


def unprocessable(problems: Iterable[Problem]) -> Refusal:
    return Refusal(422, [_error(problem) for problem in islice(problems, MOST_ERRORS)])


def needs_approval(problems: Iterable[Problem]) -> Refusal:
    """What goes beyond the guard rails: each error says which and what would be allowed."""
    refusal = unprocessable(problems)
    return Refusal(422, [{**error, "code": "approval_required"} for error in refusal.errors])


def pointer_of(unit: str) -> str:
    """As the services say, and for an element of a relationship its place ("dids/0")."""
    if unit == "voice_out_trunk":
        return "/data/relationships/voice_out_trunk"
    name, slash, place = unit.partition("/")
    return services_problems.pointer_of(name) + slash + place


def _error(problem: Problem) -> ErrorObject:
    if problem.unit == SIP_IPS and problem.message.startswith("can't be blank"):
        # As upstream: a method without networks is an error of the method, not of its list.
        why = f"allowed_sip_ips {problem.message}"
        return _validation("authentication_method", "is invalid", METHOD_POINTER, why)
    field = problem.unit.rpartition(".")[2]
    return _validation(field, problem.message, pointer_of(problem.unit))


def _validation(field: str, message: str, pointer: str, why: str = "") -> ErrorObject:
    detail = f"{field} - {message}" if field else message
    meta = {"why": why} if why else None
    return error(422, "100", message, detail, pointer=pointer, meta=meta)
