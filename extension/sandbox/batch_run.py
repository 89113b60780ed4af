"""Running a batch: validating, answering line by line as the clock goes on, and writing the files."""

import asyncio
import uuid
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import BinaryIO, Protocol

import msgspec

from .batch import Batch
from .batch_input import BatchInput, Line, read_input
from .service import Service

__all__ = ["Answer", "BatchRun"]

AT_ONCE = 50  # lines answered before others get their turn
PREPARING = 0.1  # share of a batch's time that validating takes, and finalizing, and cancelling
EXPIRED = ("batch_expired", "This request could not be executed before the completion window expired.")
CANCELLED = ("batch_cancelled", "This request was not executed because the batch was cancelled.")
FAULT = {"message": "The server had an error (a fault of the sandbox, on purpose)", "type": "server_error"}


class Answer(Protocol):
    """Answers the body of one line."""

    def __call__(self, body: bytes) -> tuple[int, bytes]:
        """Return status and body of the response."""


class Tokens(msgspec.Struct):
    """The usage of any operation."""

    prompt_tokens: int = 0
    input_tokens: int = 0
    completion_tokens: int = 0
    output_tokens: int = 0


class Usage(msgspec.Struct):
    """The body of any response, as far as it is counted."""

    usage: Tokens | None = None


class BatchRun:
    """One batch's way through its states.

    Args:
        batch: Is kept up to date.
        path: The input file.
        answer: Answers a line.
        service: Has files, clock, queue and options.
    """

    def __init__(self, batch: Batch, path: Path, answer: Answer, service: Service) -> None:
        self._batch = batch
        self._input = path.open("rb")  # open from here on: the file may be deleted while the batch runs
        self._answer = answer
        self._queue = service.batches
        self._files = service.file_store
        self._clock = service.clock
        self._options = service.options
        self._dialect = service.dialect

    async def run(self) -> None:
        """Take the batch from validating to a final state."""
        batch, clock = self._batch, self._clock
        try:
            with self._input:
                checked = await asyncio.to_thread(
                    read_input, self._input, batch, self._options, model_on_job=self._dialect.model_on_job
                )
                await self._wait(batch.created_at + self._share(PREPARING), "validating")
                self._admit(checked)
                if checked.problems:
                    batch.fail(checked.problems, clock.now())
                    return
                output, errors = self._files.new_path(), self._files.new_path()
                with output.open("wb") as output_file, errors.open("wb") as error_file:
                    end = await self._answer_lines(checked, output_file, error_file)
            await self._finish(output, errors, end)
        except Exception:
            problem = {"code": "server_error", "message": "The sandbox failed.", "param": None, "line": None}
            batch.fail([problem], clock.now())
            raise

    def _admit(self, checked: BatchInput) -> None:
        """Note what the input has, and refuse it where the queue has no room for it."""
        batch = self._batch
        batch.model, batch.total = checked.model, len(checked.lines)
        if checked.problems:
            return
        if not self._queue.reserve(batch, checked.tokens) or batch.fault == "token_limit":
            message = f"Enqueued token limit reached for {batch.model}. Please try again once some batches are done."
            checked.problems.append({"code": "token_limit_exceeded", "message": message, "param": None, "line": None})

    async def _answer_lines(self, checked: BatchInput, output: BinaryIO, errors: BinaryIO) -> str:
        """Answer the lines in an order of their own, as many as are due; return the state in which the batch ends."""
        batch, clock = self._batch, self._clock
        lines = checked.lines
        Random(f"{self._options.seed}:{len(lines)}").shuffle(lines)  # noqa: S311  # repeatable by design
        if batch.status == "validating":
            batch.enter("in_progress", clock.now())
        began, span = clock.now(), self._share(1 - 2 * PREPARING)
        stop = (len(lines) + 1) // 2 if batch.fault in ("expire", "cancel") else len(lines)
        done = 0
        while batch.status == "in_progress" and done < stop:
            passed = min(clock.now(), batch.expires_at) - began
            due = min(stop, int(passed / span * len(lines))) if span else stop
            if due > done:
                part = lines[done : min(due, done + AT_ONCE)]
                await asyncio.to_thread(self._answer_some, checked, part, output, errors)
                done += len(part)
            elif clock.now() >= batch.expires_at:
                break
            else:
                await clock.sleep_until(min(began + span * (done + 1) / len(lines), batch.expires_at))
        if batch.status == "in_progress":
            batch.enter("cancelling" if batch.fault == "cancel" else "finalizing", clock.now())
        end = "cancelled" if batch.status == "cancelling" else "completed"
        if end == "completed" and (done < len(lines) or batch.fault == "expire"):
            end = "expired"
        code, message = CANCELLED if end == "cancelled" else EXPIRED
        for line in lines[done:]:
            _write(errors, line, None, {"code": code, "message": message})
        return end

    def _answer_some(self, checked: BatchInput, lines: Sequence[Line], output: BinaryIO, errors: BinaryIO) -> None:
        batch = self._batch
        for number, (line, body) in enumerate(checked.bodies(list(lines))):
            status, answered = (500, msgspec.json.encode({"error": FAULT}))
            if batch.fault != "no_output":
                status, answered = self._answer(body)
            response = {"status_code": status, "request_id": uuid.uuid4().hex, "body": msgspec.Raw(answered)}
            if status == 200:
                batch.completed += 1
                self._count(answered)
                _write(output, line, response, None)
                if batch.fault == "doubled_lines" and number % 3 == 0:
                    _write(output, line, response, None)
            else:
                batch.failed += 1
                _write(errors, line, response, None)

    def _count(self, answered: bytes) -> None:
        usage = msgspec.json.decode(answered, type=Usage).usage or Tokens()
        self._batch.usage["input"] += usage.prompt_tokens + usage.input_tokens
        self._batch.usage["output"] += usage.completion_tokens + usage.output_tokens

    async def _finish(self, output: Path, errors: Path, end: str) -> None:
        batch = self._batch
        await self._wait(batch.reached[batch.status] + self._share(PREPARING), batch.status)
        batch.output_file_id = self._keep(output, "output")
        batch.error_file_id = self._keep(errors, "error")
        if batch.fault == "empty_error_file_id" and not batch.error_file_id:
            batch.error_file_id = ""
        batch.enter(end, self._clock.now())

    def _keep(self, path: Path, kind: str) -> str | None:
        """Return the id of a written file; an empty one is none."""
        if not path.stat().st_size:
            path.unlink()
            return None
        name = f"{self._batch.id}_{kind}.jsonl"
        return self._files.add(path, name, "batch_output", self._batch.output_lifetime).id

    def _share(self, share: float) -> float:
        return self._options.batch_seconds * share

    async def _wait(self, moment: float, status: str) -> None:
        """Wait for a moment of the clock, while the batch has this status."""
        while self._clock.now() < moment and self._batch.status == status:
            await self._clock.sleep_until(moment)


def _write(file: BinaryIO, line: Line, response: object, error: object) -> None:
    entry = {
        "id": f"batch_req_{uuid.uuid4().hex[:24]}",
        "custom_id": line.custom_id,
        "response": response,
        "error": error,
    }
    file.write(msgspec.json.encode(entry) + b"\n")
