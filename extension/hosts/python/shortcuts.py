"""Each node as a function, derived from its declaration: ``chat(table, prompt="Describe {name}")``."""

import inspect
from collections.abc import Callable
from typing import Any

from ....nodes import node_classes
from ....nodes.base import Node
from .result import Result
from .running import arun, run

__all__ = ["find_node_member", "node_members"]


def node_members() -> list[str]:
    """Return the names of all node classes, of the functions that run them, and of their asynchronous twins."""
    nodes = node_classes().values()
    functions = [node.function_name() for node in nodes]
    return [*(node.__name__ for node in nodes), *functions, *(f"a{name}" for name in functions)]


def find_node_member(name: str) -> Any:
    """Return the node class or function called `name`, None if there is none."""
    for node in node_classes().values():
        if name == node.__name__:
            return node
        if name in (node.function_name(), f"a{node.function_name()}"):
            return _function(node, asynchronous=name != node.function_name())
    return None


def _function(node: type[Node], *, asynchronous: bool) -> Callable[..., Any]:
    options = inspect.signature(run).parameters.keys() - {"node", "table"} - node.fields().keys()

    def split(keywords: dict[str, Any]) -> tuple[Node, dict[str, Any]]:
        # What neither knows is refused by the node's own constructor, which names it.
        fields = {name: value for name, value in keywords.items() if name not in options}
        return node(**fields), {name: value for name, value in keywords.items() if name in options}

    def function(table: Any = None, **keywords: Any) -> Result:
        made, given = split(keywords)
        return run(made, table, **given)

    async def function_async(table: Any = None, **keywords: Any) -> Result:
        made, given = split(keywords)
        return await arun(made, table, **given)

    made: Callable[..., Any] = function_async if asynchronous else function
    made.__name__ = made.__qualname__ = f"{'a' * asynchronous}{node.function_name()}"
    made.__doc__ = _documentation(node)
    made.__signature__ = _signature(node)  # type: ignore[attr-defined]  # inspect and editors look there
    return made


def _signature(node: type[Node]) -> inspect.Signature:
    keyword = inspect.Parameter.KEYWORD_ONLY
    of_run = inspect.signature(run).parameters
    fields = [inspect.Parameter(name, keyword, default=field.default) for name, field in node.fields().items()]
    options = [parameter for name, parameter in of_run.items() if name not in ("node", "table", *node.fields())]
    return inspect.Signature([of_run["table"], *fields, *options], return_annotation=Result)


def _documentation(node: type[Node]) -> str:
    lines = [f"    {name}: {field.help}" for name, field in node.fields().items()]
    return (
        f"{inspect.cleandoc(node.__doc__ or '')}\n\nReturn a `Result`. Further keywords are those of `run`.\n\n"
        "Args:\n    table: what the rows come from, as for `run`.\n" + "\n".join(lines)
    )
