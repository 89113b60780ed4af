"""How errors reach KNIME's users: as one sentence, without a traceback in the log."""

from collections.abc import Iterator
from contextlib import contextmanager

import knime.extension as knext

from ....port_types.errors import EndpointError
from ....port_types.fields import Declarative
from ..kit.wording import for_dialog

__all__ = ["translate_errors"]


@contextmanager
def translate_errors(declared: type[Declarative]) -> Iterator[None]:
    """Turn errors raised on purpose into KNIME's own; everything else is a bug and keeps its traceback.

    Args:
        declared: whose fields the sentences name; they are named by their labels.

    Raises:
        InvalidParametersError: with the sentence of an `EndpointError`.
    """
    try:
        yield
    except EndpointError as error:
        raise knext.InvalidParametersError(for_dialog(error, declared)) from None
