"""Our own complaints as error objects in upstream's shape, so that both are shown one way."""

from typing import Any

from trunks.domain.problems import Invalid, Problem
from trunks.domain.units import LINKAGES, METHOD, TYPE


def pointer_of(unit: str) -> str:
    """The JSON pointer that upstream would use for a unit."""
    if unit in (*LINKAGES, "default_did"):
        return f"/data/relationships/{unit}"
    if unit == TYPE:
        return "/data/attributes/authentication_method/type"
    if unit.startswith(METHOD):
        name = unit.removeprefix(METHOD)
        return f"/data/attributes/authentication_method/attributes/{name}"
    return f"/data/attributes/{unit}" if unit else "/data"


def error_objects(invalid: Invalid) -> list[dict[str, Any]]:
    return [error_object(problem) for problem in invalid.problems]


def error_object(problem: Problem) -> dict[str, Any]:
    name = problem.unit.rpartition(".")[2]
    return {
        "title": problem.message,
        "detail": f"{name} - {problem.message}" if name else problem.message,
        "code": "100",
        "status": "422",
        "source": {"pointer": pointer_of(problem.unit)},
    }
