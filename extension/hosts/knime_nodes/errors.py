"""How errors reach KNIME's users: as one sentence, without a traceback in the log."""

from collections.abc import Iterator
from contextlib import contextmanager

import knime.extension as knext

from ....port_types.errors import EndpointError

__all__ = ["translate_errors"]


@contextmanager
def translate_errors() -> Iterator[None]:
    """Turn errors raised on purpose into KNIME's own; everything else is a bug and keeps its traceback.

    Raises:
        InvalidParametersError: with the sentence of an `EndpointError`.
    """
    try:
        yield
    except EndpointError as error:
        raise knext.InvalidParametersError(str(error)) from None
