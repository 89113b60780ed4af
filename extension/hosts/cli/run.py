"""Running one node from the command line."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from dotenv import load_dotenv

from ....nodes.base import Node
from ....port_types.configuration import Configuration
from ....port_types.errors import EndpointError, InvalidInput, RunStopped, StopReason
from ...engine.config_loader import load_configuration
from ...engine.io.inputs import open_input
from ...engine.io.outputs import STANDARD_OUTPUT
from ...engine.io.rows import ReadOptions
from ...engine.money import dollars
from ...engine.run.hints import with_hint
from ...engine.run.outcome import Outcome
from ..kit.collector import relax_collector
from ..kit.comparison import ComparisonRun, expand_variants
from ..kit.execution import LocalRun, NodeRun
from ..kit.exits import Exit, exit_code
from ..kit.gallery import open_gallery
from .option_checks import check_options, reading
from .reporters import JsonReporter, QuietReporter, Reporter, TerminalReporter
from .run_options import RunOptions
from .standard_input import readable_source

__all__ = ["run_node"]


def run_node(node_class: type[Node], options: RunOptions) -> int:
    """Run a node with the given options and return the exit code.

    Raises:
        EndpointError: the run could not start.
    """
    load_dotenv(".env")  # what the environment says already goes before it
    variants = {name: node_class(columns=options.columns, **values) for name, values in _settings(node_class, options)}
    node = next(iter(variants.values()))
    configuration = _configuration(options, node)
    check_options(node, options)
    if options.source is None and (missing := node.missing()):
        name = missing[0]
        raise InvalidInput(f"`{name}` is missing: give `{name}`, or an INPUT with a column {name!r}.")
    with ExitStack() as stack:
        if options.lock:
            _hold(options.lock, stack)
        source = readable_source(options.source, stack)
        if options.dry_run:
            from .dry_run import show_dry_run

            # What a run would refuse, such as its output, a dry run refuses too.
            _engine(options, _table(options), variants)(
                configuration, source, reading=reading(options), select=options.select
            )
            return show_dry_run(variants, configuration, source, reading(options), as_json=options.as_json)
        return _run(variants, configuration, source, options)


def _configuration(options: RunOptions, node: Node) -> Configuration:
    from ...engine.credentials import request_headers

    usual = node.service_defaults()
    configuration = load_configuration(options.configuration, usual=usual, **options.values_of(Configuration))
    request_headers(node.at_service(configuration))  # a key that is missing is said before anything is read
    return configuration


def _hold(path: Path, stack: ExitStack) -> None:
    from filelock import FileLock, Timeout

    if not path.parent.is_dir():  # filelock would make it
        raise InvalidInput(f"The lock's folder {path.parent} does not exist.")
    try:
        stack.enter_context(FileLock(path, timeout=0))
    except Timeout:
        raise InvalidInput(f"Another run holds the lock {path}; nothing was sent.") from None
    except OSError as error:
        raise InvalidInput(f"The lock {path} cannot be taken ({error.strerror}).") from None


def _settings(node_class: type[Node], options: RunOptions) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and the settings of each variant; there is only one where every option is given once."""
    values = options.values_of(node_class)
    lists = {name: values.pop(name) for name, field in node_class.fields().items() if field.many and name in values}
    for name, settings in expand_variants(values).items():
        yield name, {**settings, **lists}


def _run(variants: Mapping[str, Node], configuration: Configuration, source: str | None, options: RunOptions) -> int:
    node = next(iter(variants.values()))
    out = _table(options)
    places = [str(place) for place in (options.out, options.out_dir, options.report) if place]
    kind = JsonReporter if options.as_json else QuietReporter if options.quiet else TerminalReporter
    with kind(type(node), to_error=out == STANDARD_OUTPUT) as reporter:
        observers: list[Callable[[Outcome], None]] = [reporter.observe]

        def observe(outcome: Outcome) -> None:
            for observer in observers:
                observer(outcome)

        run: NodeRun = _engine(options, out, variants)(
            configuration,
            source,
            reading=reading(options),
            progress=reporter.progress,
            observe=observe,
            retrying=reporter.retrying,
            warn=reporter.warn,
            select=options.select,
        )
        try:
            with run, open_gallery(options.report if len(variants) == 1 else None, node) as show:
                observers.append(show)
                reporter.start(node, run)
                relax_collector()
                run.write()
                run.complete()
        except KeyboardInterrupt:
            cancelled = with_hint(RunStopped("Cancelled.", StopReason.CANCELLED), configuration)
            return _stopped(reporter, cancelled, run, places)
        except EndpointError as error:
            return _stopped(reporter, error, run, places)
        code = Exit.FAILED_ROWS if reporter.failed else Exit.DONE
        reporter.finished(run, code, places)
        if options["limit"] or options["sample"]:
            reporter.projected(_projection(node, options, run))
        return code


def _table(options: RunOptions) -> Path | None:
    """Return where the result table goes; without any other result, it is printed."""
    return options.out or (None if options.out_dir or options.report else STANDARD_OUTPUT)


def _engine(options: RunOptions, out: Path | None, variants: Mapping[str, Node]) -> Callable[..., Any]:
    """Return what makes the run; nothing here imports a host."""
    name = options.engine
    if len(variants) > 1:
        if name or options.out_dir:
            raise InvalidInput("Options that are given several times make variants, for --out and --report only.")
        overwrite = options.overwrite
        return partial(ComparisonRun, variants, out=out, report=options.report, overwrite=overwrite)
    node = next(iter(variants.values()))
    if not name:
        return partial(LocalRun, node, out=out, out_dir=options.out_dir, name=options.name, overwrite=options.overwrite)
    if not options.out or options.report or options.out_dir:
        raise InvalidInput("--engine needs --out, a file or a folder, and makes no --report and no --out-dir.")
    engines = entry_points(group="endpoint_nodes.engines")
    if name not in engines.names:
        raise InvalidInput(f"Unknown engine {name!r}. Available: {', '.join(sorted(engines.names))}.")
    try:
        engine = engines[name].load()
    except ModuleNotFoundError as error:
        raise InvalidInput(
            f"--engine {name} needs {error.name}, which pip install 'endpoint-nodes[{name}]' brings."
        ) from None
    return partial(engine, node, out=options.out, workers=options.workers, overwrite=options.overwrite)


def _projection(node: Node, options: RunOptions, run: NodeRun) -> str:
    """Return what all rows would cost, going by those that were run; "" where that is unknown."""
    summary = run.summary()
    if not summary.cost or not summary.sent or options.source is None or not Path(options.source).exists():
        return ""
    opened = open_input(options.source, node, ReadOptions(options["delimiter"], options["encoding"]))
    if not opened or not opened.count:
        return ""
    return f"All {opened.count:,} rows would cost about {dollars(summary.cost / summary.sent * opened.count)}."


def _stopped(reporter: Reporter, error: EndpointError, run: NodeRun, places: list[str]) -> int:
    code = exit_code(error, run.summary().requests)
    # A spent budget ends a run in good order: what arrived is in place.
    reporter.stopped(error, run, code, places if code == Exit.BUDGET else [])
    return code
