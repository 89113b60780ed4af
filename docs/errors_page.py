"""The page of errors: their tree, what each ends, and the exit codes that follow."""

import ast
import inspect
from collections.abc import Iterator

from markup import joined, table

from endpoint_nodes.extension.hosts.kit.exits import exit_code
from endpoint_nodes.port_types import errors
from endpoint_nodes.port_types.errors import EndpointError, RunStopped, StopReason

__all__ = ["errors_page"]

EXAMPLE = """```python
from endpoint_nodes.port_types.errors import RunStopped, StopReason

try:
    ...  # run a node
except RunStopped as error:
    if error.reason is StopReason.BUDGET:
        ...  # what arrived is kept; the next run goes on from there
    raise
```"""


def errors_page() -> str:
    """Return the page."""
    return joined("# Errors", *parts())


def parts() -> Iterator[str]:
    """Yield the parts of the page."""
    yield (
        "Whatever is raised on purpose is an `EndpointError`, with a sentence for whoever runs the node: it names the "
        "row, the field and the way out. Errors are named by what they end: the run, a row, or the download of a file."
    )
    yield "```\n" + "\n".join(tree(EndpointError)) + "\n```"
    yield (
        "With *If a request fails* on *continue*, what fails a row goes into its columns `status` and `error`, and the "
        "run goes on. `RunStopped` ends the run in any case. Results that arrived are kept, and the same run, started "
        "again, asks only for the others."
    )
    yield "## Why a run stops\n\n`RunStopped.reason` says why, and the exit code of a command follows from it."
    yield table(
        ("Reason", "Meaning", "Exit code"),
        ((f"`{reason.value}`", text, str(code_of(reason))) for reason, text in reasons()),
    )
    yield EXAMPLE
    yield (
        "## What errors carry\n\nEach carries `status`, the HTTP status of the response behind it, and `code`, the "
        "service's own error code, where there was one. Errors reach you whole from the process of a worker."
    )


def tree(error: type[EndpointError], before: str = "", branch: str = "") -> Iterator[str]:
    """Yield the lines of the tree below and with `error`, each with what it says of itself."""
    name = f"{before}{branch}{error.__name__}"
    yield f"{name:<24}{inspect.cleandoc(error.__doc__ or '').splitlines()[0]}".replace("``", "")
    children = [child for child in error.__subclasses__() if child.__module__ == errors.__name__]
    before += {"": "", "├── ": "│   ", "└── ": "    "}[branch]
    for child in children:
        yield from tree(child, before, "└── " if child is children[-1] else "├── ")


def reasons() -> Iterator[tuple[StopReason, str]]:
    """Yield the reasons for which a run stops, each with the text that stands below it in the source."""
    (definition,) = ast.parse(inspect.getsource(StopReason)).body
    assert isinstance(definition, ast.ClassDef)  # noqa: S101, for type checkers
    for member, text in zip(definition.body, definition.body[1:], strict=False):
        match member, text:
            case ast.Assign(targets=[ast.Name(id=name)]), ast.Expr(value=ast.Constant(value=str(words))):
                yield StopReason[name], inspect.cleandoc(words).replace("``", "`")


def code_of(reason: StopReason) -> int:
    """Return the exit code of a command that stopped for `reason`."""
    return exit_code(RunStopped("", reason))
