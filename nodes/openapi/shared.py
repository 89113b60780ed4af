"""Parameters that nearly all operations of a document require, such as an account: a Configuration says them once."""

from collections import Counter
from dataclasses import replace

from .descriptions import InputField
from .document import Document, is_true

__all__ = ["SharedParameters"]

_SHARE, _FEWEST = 0.9, 3
"""Twilio's account is in 98 % of its operations and Xero's tenant in all; the next of 13 documents is in 70 %."""


class SharedParameters:
    """The parameters that nearly all operations of a document require.

    Args:
        document: whose operations.
    """

    def __init__(self, document: Document) -> None:
        counts: Counter[tuple[str, str]] = Counter()
        operations = list(document.operations())
        for operation in operations:
            listed = [operation.item.get("parameters"), operation.raw.get("parameters")]
            parameters = [document.resolve(node) for some in listed if isinstance(some, list) for node in some]
            counts.update(
                {
                    (str(one.get("name")), str(one.get("in")))
                    for one in parameters
                    if one.get("in") == "path" or is_true(one.get("required"))
                }
            )
        self._names = {
            place for place, count in counts.items() if len(operations) >= _FEWEST and count >= _SHARE * len(operations)
        }

    def mark(self, field: InputField) -> InputField:
        """Return `field`, which need not be filled if it is one of them."""
        if len(field.path) != 1 or (field.path[0], field.location) not in self._names:
            return field
        return replace(field, required=False, shared=True, advanced=True)
