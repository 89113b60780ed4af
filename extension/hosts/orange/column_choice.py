"""Which column of a table fills a required field that nobody has chosen one for."""

import re
from collections.abc import Sequence

from Orange.data import DiscreteVariable, StringVariable, Variable

from ....port_types.fields import Field, FieldKind
from ..kit.fields import MEDIA_KINDS, match_column
from .results import CAPTION, RESULT, ROW_ID

__all__ = ["FIXED", "propose_column", "suitable_variables"]

FIXED = "fixed value"
"""What a chooser of columns says while none is chosen."""
ANSWERS = ("content", "text")
"""Columns in which nodes give the text that a next one is meant to go on with."""


def suitable_variables(field: Field) -> tuple[type[Variable], ...]:
    """Return the kinds of variables whose values `field` can take."""
    return (StringVariable, DiscreteVariable) if field.kind in MEDIA_KINDS else (Variable,)


def propose_column(field: Field, variables: Sequence[Variable]) -> Variable | None:
    """Return the column that fills `field`, None if none is certain to be meant.

    The latest result of the same kind goes before the column of the field's name or label, and that before the only
    text. A table's `model` is the one that answered before, not the one to ask next.
    """
    if field.suggestions:
        return None
    media = field.kind in MEDIA_KINDS
    kind = field.kind.value if media else None
    fitting = [variable for variable in variables if variable.attributes.get("type") == kind]
    texts = ANSWERS if field.kind is FieldKind.TEXT and field.primary and _takes_words(field) else ()
    results = [variable for variable in fitting if RESULT in variable.attributes]
    if answer := [variable for variable in results if media or variable.attributes[RESULT] in texts]:
        return answer[0] if media else answer[-1]
    named = match_column(field, [variable.name for variable in variables], [variable.name for variable in fitting])
    if named is not None:
        return next(variable for variable in variables if variable.name == named)
    plain = [variable for variable in fitting if isinstance(variable, StringVariable) and variable not in results]
    plain = [variable for variable in plain if variable.name not in (CAPTION, ROW_ID)]
    return plain[0] if len(plain) == 1 and (media or texts) else None


def _takes_words(field: Field) -> bool:
    """Return whether any words will do, unlike for a date."""
    return not field.pattern or re.fullmatch(field.pattern, "any words") is not None
