"""Running one node from the command line."""

import gc
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from ....nodes.base import Node
from ....port_types.configuration import OPENAI, Configuration
from ....port_types.errors import EndpointError, InvalidInput, InvalidSetting, RunStopped, StopReason
from ...engine import Execution
from ...engine.config_loader import load_configuration
from ...engine.io.outputs import check_output, write_table
from ...engine.run.row_pipeline import Outcome
from ..kit.exits import Exit, exit_code
from ..kit.gallery import open_gallery
from .options import COLUMN_OF, values_of
from .reporters import JsonReporter, Reporter, TerminalReporter

__all__ = ["run_node"]


def run_node(node_class: type[Node], given: dict[str, Any]) -> int:
    """Run a node with the given options and return the exit code.

    Raises:
        EndpointError: the run could not start.
    """
    columns = {
        name.removeprefix(COLUMN_OF): column for name, column in given.items() if name.startswith(COLUMN_OF) and column
    }
    configuration = _configuration(node_class, given)
    node = node_class(columns=columns, **values_of(node_class, given))
    if given["source"] is None and node.missing():
        name = node.missing()[0]
        raise InvalidInput(f"`{name}` is missing: give `{name}`, or an INPUT with a column {name!r}.")
    if not given["out"] and not given["report"]:
        raise InvalidInput("Give --out FILE for the result table, --report FILE for a page, or both.")
    with ExitStack() as stack:
        if given["lock"]:
            _hold(Path(given["lock"]), stack)
        return _run(node, configuration, given)


def _configuration(node: type[Node], given: dict[str, Any]) -> Configuration:
    from ...engine.credentials import request_headers

    file = given["configuration"]
    path = Path(file) if file else None
    configuration = load_configuration(path, usual=node.service_defaults(), **values_of(Configuration, given))
    try:
        request_headers(configuration)
    except InvalidSetting:
        if configuration.credential is None and configuration.base_url == OPENAI:
            raise InvalidSetting(
                "No key: set OPENAI_API_KEY, name another credential with --credential env:NAME, "
                "or try it without a key with --base-url sandbox:"
            ) from None
        raise
    return configuration


def _hold(path: Path, stack: ExitStack) -> None:
    from filelock import FileLock, Timeout

    try:
        stack.enter_context(FileLock(path, timeout=0))
    except Timeout:
        raise InvalidInput(f"Another run holds the lock {path}; nothing was sent.") from None
    except OSError as error:
        raise InvalidInput(f"The lock {path} cannot be taken ({error.strerror}).") from None


def _run(node: Node, configuration: Configuration, given: dict[str, Any]) -> int:
    out, report = (Path(given[name]) if given[name] else None for name in ("out", "report"))
    if out and not given["engine"]:
        check_output(out)
    with (JsonReporter if given["as_json"] else TerminalReporter)(type(node)) as reporter:
        observers: list[Callable[[Outcome], None]] = [reporter.observe]

        def observe(outcome: Outcome) -> None:
            for observer in observers:
                observer(outcome)

        execution = _engine(given)(
            node,
            configuration,
            given["source"],
            progress=reporter.progress,
            observe=observe,
            retrying=reporter.retrying,
            warn=reporter.warn,
        )
        if out and not given["engine"]:
            check_output(out, execution.schema, source=given["source"])
        try:
            with execution, open_gallery(report, node) as show:
                observers.append(show)
                reporter.start(node, execution)
                gc.freeze()  # looking through what is loaded by now, over and over, takes a tenth of a run's time
                _write(execution, out)
                execution.complete()
        except KeyboardInterrupt:
            return _stopped(reporter, RunStopped("Cancelled.", StopReason.CANCELLED), execution)
        except EndpointError as error:
            return _stopped(reporter, error, execution)
        code = Exit.FAILED_ROWS if reporter.failed else Exit.DONE
        reporter.finished(execution, code, [str(place) for place in (out, report) if place])
        return code


def _engine(given: dict[str, Any]) -> Callable[..., Any]:
    """Return what makes the execution; nothing here imports a host."""
    if not (name := given["engine"]):
        return Execution
    if not given["out"] or given["report"]:
        raise InvalidInput("--engine needs --out, a file or a folder, and makes no --report.")
    engines = entry_points(group="endpoint_nodes.engines")
    if name not in engines.names:
        raise InvalidInput(f"Unknown engine {name!r}. Available: {', '.join(sorted(engines.names))}.")
    try:
        engine = engines[name].load()
    except ModuleNotFoundError as error:
        raise InvalidInput(
            f"--engine {name} needs {error.name}, which pip install 'endpoint-nodes[{name}]' brings."
        ) from None
    return partial(engine, out=Path(given["out"]), workers=given["workers"])


def _write(execution: Any, out: Path | None) -> None:
    if hasattr(execution, "write"):
        execution.write()
    elif out:
        write_table(out, execution.schema, execution)
    else:
        for _ in execution:
            pass


def _stopped(reporter: Reporter, error: EndpointError, execution: Execution) -> int:
    code = exit_code(error, execution.run.budget.requests if execution.run else 0)
    reporter.stopped(error, execution, code)
    return code
