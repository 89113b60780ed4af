"""Looking at what was submitted, and ending it, outside of any run."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ....port_types.configuration import Configuration
from ....port_types.errors import EndpointError, InvalidInput
from ..http.client import open_clients
from .dialects import Batch
from .service import open_service
from .submissions import COLLECTED, Record, Submissions

__all__ = ["Standing", "cancel_batch", "list_batches"]


@dataclass(frozen=True)
class Standing:
    """How a submission stands.

    Attributes:
        record: what was submitted.
        batch: what the service tells of it, None where it is collected or cannot be asked.
        problem: why it cannot be asked, "" if it can.
    """

    record: Record
    batch: Batch | None = None
    problem: str = ""

    @property
    def status(self) -> str:
        """The status in one word or two, in OpenAI's words."""
        if self.record.state == COLLECTED:
            return f"{self.record.outcome}, collected"
        return self.batch.status if self.batch else "under way"


def list_batches(folder: Path, name: str = "") -> list[Standing]:
    """Return how the submissions recorded in a cache's folder stand, the newest first.

    Args:
        folder: the cache's.
        name: beginning of the id of a batch or a submission; "" for all.

    Raises:
        InvalidInput: there is none of this name.
        InvalidSetting: the record cannot be read.
    """
    records = _records(folder, name)
    return asyncio.run(_look(records))


def cancel_batch(folder: Path, name: str) -> Standing:
    """Ask the service to end a batch, and return how it stands then; what it has answered is billed and collected.

    Raises:
        InvalidInput: there is none of this name, there are several, or it has been collected.
        RunStopped: the service does not do so.
    """
    records = _records(folder, name)
    if len(records) > 1:
        raise InvalidInput(f"{name!r} may be any of {', '.join(record.batch or record.id for record in records)}.")
    (record,) = records
    if record.state == COLLECTED or not record.batch:
        raise InvalidInput(f"The batch {record.batch or record.id} is not under way.")
    return asyncio.run(_cancel(record))


def _records(folder: Path, name: str) -> list[Record]:
    if not (folder / Submissions.FILE).exists():
        found: list[Record] = []
    else:
        with Submissions(folder) as store:
            found = store.find(name) if name else store.all()
    if name and not found:
        raise InvalidInput(f"There is no batch {name!r}; endpoint-nodes batches list shows those there are.")
    return found


async def _look(records: Sequence[Record]) -> list[Standing]:
    return [await _standing(record) for record in records]


async def _standing(record: Record) -> Standing:
    if record.state == COLLECTED or not record.batch or record.configuration.get("delivery") != "batch":
        return Standing(record)
    try:
        configuration = Configuration.from_json(dict(record.configuration))
        async with open_clients(configuration) as clients, open_service(configuration, clients.service) as service:
            batch = await service.get(record.batch)
    except EndpointError as error:
        return Standing(record, problem=str(error))
    return Standing(record, batch, "" if batch else "the service does not know it")


async def _cancel(record: Record) -> Standing:
    configuration = Configuration.from_json(dict(record.configuration))
    async with open_clients(configuration) as clients, open_service(configuration, clients.service) as service:
        await service.cancel(record.batch)
    return await _standing(record)
