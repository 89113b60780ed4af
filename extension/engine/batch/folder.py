"""Batches without a service: files for ``vllm run-batch``, in a folder of the user's."""

import asyncio
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from ....port_types.errors import RunStopped, StopReason
from ....port_types.files import File
from .dialects import VLLM, Batch, Submission
from .submissions import Record
from .system import OnContent

__all__ = ["BatchFolder"]

STILL_SECONDS = 60.0
"""Age of an output file with fewer lines than its input, from which on nobody is taken to be writing it."""


class BatchFolder:
    """A `BatchSystem` whose batches are pairs of files: NAME.jsonl is there to be run, NAME.out.jsonl has been.

    Args:
        folder: where they are.
    """

    dialect = VLLM
    ends_alone = False

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder).expanduser()

    async def upload(self, path: Path, name: str) -> str:
        try:
            await asyncio.to_thread(self._place, path, name)
        except OSError as error:
            sentence = f"The folder {self._folder} cannot be written ({error.strerror}); name another `batch_folder`."
            raise RunStopped(sentence, StopReason.STORAGE) from None
        return name

    def _place(self, path: Path, name: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        # Under its name only once it is whole: somebody may run all there are.
        partial = self._folder / f".{name}.part"
        shutil.copyfile(path, partial)
        partial.replace(self._folder / name)

    async def find_uploads(self, name: str) -> Sequence[str]:
        return [name] if await asyncio.to_thread((self._folder / name).exists) else []

    async def upload_photo(self, photo: File) -> str:
        raise RunStopped("A file of a batch takes no image by its id.", StopReason.REFUSED)

    async def create(self, submission: Submission) -> Batch:
        return Batch(submission.input_file, "in_progress", submission.input_file)

    async def find(self, submission: Submission) -> Batch | None:
        return await self.get(submission.input_file)

    async def get(self, batch: str) -> Batch | None:
        return await asyncio.to_thread(self._look, batch)

    def _look(self, name: str) -> Batch | None:
        given, output = self._folder / name, self._output(name)
        total, done = _lines(given), _lines(output)
        if not given.exists() and not output.exists():
            return None
        whole = output.exists() and (done >= total or time.time() - output.stat().st_mtime > STILL_SECONDS)
        if not whole:
            return Batch(name, "in_progress", name, total=total, done=done)
        return Batch(name, "completed", name, output_file=output.name, total=total, done=done)

    def _output(self, name: str) -> Path:
        return self._folder / f"{name.removesuffix('.jsonl')}.out.jsonl"

    async def read_lines(self, file: str, on_line: OnContent) -> bool:
        path = self._folder / file
        if not await asyncio.to_thread(path.exists):
            return False
        with await asyncio.to_thread(path.open, "rb") as lines:
            while line := await asyncio.to_thread(lines.readline):
                await on_line(line.rstrip(b"\n"))
        return True

    async def delete(self, file: str) -> None:
        await asyncio.to_thread((self._folder / file).unlink, missing_ok=True)

    def next_step(self, records: Sequence[Record]) -> str:
        return "\n".join(
            f"vllm run-batch -i {self._folder / record.input_file} -o {self._output(record.input_file)} "
            f"--model {record.model}"
            for record in records
        )


def _lines(path: Path) -> int:
    if not path.exists():
        return 0
    with path.open("rb") as lines:
        return sum(1 for _ in lines)
