"""A progress bar for scripts on a terminal and for notebooks."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ...engine import Progress
from ..kit.progress import ProgressWords

__all__ = ["open_progress"]

NOTEBOOK_INTERVAL = 0.3
"""Seconds between two updates of a notebook's bar."""


@contextmanager
def open_progress(wanted: bool | None) -> Iterator[Callable[[Progress], None]]:
    """Give what shows how far a run is, and take it away at the end.

    Args:
        wanted: whether to show anything; None shows a bar in notebooks and on terminals.
    """
    if wanted is False:
        yield lambda _: None
    elif _in_notebook():
        with _notebook_bar() as bar:
            yield bar
    elif wanted or sys.stderr.isatty():
        with _terminal_bar() as bar:
            yield bar
    else:
        yield lambda _: None


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and "IPKernelApp" in shell.config


@contextmanager
def _notebook_bar() -> Iterator[Callable[[Progress], None]]:
    from IPython.display import HTML, display

    words, told = ProgressWords(), 0.0
    shown = display(HTML(""), display_id=True)

    def update(progress: Progress) -> None:
        nonlocal told
        text = words.update(progress)
        if time.monotonic() - told >= NOTEBOOK_INTERVAL or progress.done == progress.total:
            told = time.monotonic()
            bar = f'<progress value="{progress.done}" max="{progress.total}"></progress> ' if progress.total else ""
            shown.update(HTML(f"{bar}{text}"))

    yield update
    shown.update(HTML(words.ended()))


@contextmanager
def _terminal_bar() -> Iterator[Callable[[Progress], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    words = ProgressWords()
    with Bar(BarColumn(), TextColumn("{task.description}"), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("")

        def update(progress: Progress) -> None:
            bar.update(task, completed=progress.done, total=progress.total, description=words.update(progress))

        yield update
