"""What a verb finds wrong with what was asked for, put beside the fields of a form."""

from django import forms

from trunks.domain.problems import Invalid
from trunks.web.words import sentence


def complain(form: forms.Form, error: Invalid) -> None:
    """Beside the field each problem names, else on top."""
    for problem in error.problems:
        if problem.unit in form.fields:
            form.add_error(problem.unit, sentence(problem.message))
        else:
            form.add_error(None, sentence(f"{problem.unit} {problem.message}"))
