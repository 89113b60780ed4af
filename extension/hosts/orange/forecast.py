"""What a run would send, in a sentence, and the question before a large one."""

from collections.abc import Callable

from AnyQt.QtWidgets import QMessageBox, QWidget

from ...engine.cache.opening import cache_folder
from ...engine.money import dollars
from ...engine.run.estimate import estimate
from ..kit.progress import count
from .consent import place_of
from .job import Job
from .preferences import ask_above

__all__ = ["large_run_question", "what_it_sends"]


def what_it_sends(job: Job, rows: int) -> str:
    """Return what a run would send, such as "Sends 101 requests to api.openai.com, about 1,200 input tokens".

    Args:
        job: the run, on the first rows of its table.
        rows: the number of all rows.

    Raises:
        EndpointError: one of the first rows cannot be sent.
    """
    found = estimate(job.node, job.configuration, job.source, rows=rows, look_in_cache=False)
    most = "" if cache_folder(job.configuration) is None else "up to "
    parts = [f"Sends {most}{count(rows, 'request')} to {place_of(job.configuration)}"]
    if found.input_tokens:
        parts.append(f"about {found.input_tokens:,} input tokens")
    if found.output_tokens:
        parts.append(f"at most {found.output_tokens:,} output tokens")
    if found.cost:
        parts.append(f"{'at most' if found.output_tokens else 'at least'} about {dollars(found.cost)}")
    return f"{', '.join(parts)}."


def large_run_question(parent: QWidget, title: str, sends: str, send: Callable[[], None]) -> QMessageBox:
    """Ask whether a run of more requests than the user set may start; `send` is called if it may."""
    question = QMessageBox(QMessageBox.Icon.Question, title, sends, parent=parent)
    question.setInformativeText(f"You want to be asked above {count(ask_above(), 'request')}.")
    question.addButton("Send", QMessageBox.ButtonRole.AcceptRole).clicked.connect(lambda _: send())
    question.addButton(QMessageBox.StandardButton.Cancel)
    question.open()
    return question
