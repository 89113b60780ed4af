"""Every operation of an OpenAI-compatible API as a node.

::

    import endpoint_nodes as en

    result = en.chat(products, prompt="Describe {name} for {price}", model="gpt-5.2")
    result.to_pandas()

Everything is loaded when it is first used, so that importing this costs next to nothing:

- `run` and `arun` run a node over a table and return a `Result`.
- Each node is a class (`CreateChatCompletion`) and a function that runs it (`chat`, `achat`).
- `Configuration` says where to send, with which credential, under which limits; `load_configuration` reads one from a
  TOML file and the environment, which is also what runs without a Configuration use.
- `load_pack` makes the operations of an OpenAPI document node classes.
- `nodes` is the package of all nodes, `errors` that of all errors.
"""

from importlib import import_module
from typing import Any

_MODULES = {
    "Configuration": ".port_types.configuration",
    "EndpointError": ".port_types.errors",
    "Result": ".extension.hosts.python.result",
    "RunStopped": ".port_types.errors",
    "arun": ".extension.hosts.python.running",
    "load_pack": ".extension.engine.packs",
    "load_configuration": ".extension.engine.config_loader",
    "run": ".extension.hosts.python.running",
}
_SUBMODULES = {"errors": ".port_types.errors", "nodes": ".nodes"}

__all__ = [*_MODULES, *_SUBMODULES]  # noqa: PLE0604 - all of them are names


def __getattr__(name: str) -> Any:
    """Load what `name` stands for."""
    if name == "__version__":
        from importlib.metadata import version

        return version("endpoint-nodes")
    if name in _MODULES:
        return getattr(import_module(_MODULES[name], __name__), name)
    if name in _SUBMODULES:
        return import_module(_SUBMODULES[name], __name__)
    if not name.startswith("_"):
        found = import_module(".extension.hosts.python.shortcuts", __name__).find_node_member(name)
        if found is not None:
            return found
    raise AttributeError(f"endpoint_nodes has no {name!r}; dir(endpoint_nodes) lists what it has.")


def __dir__() -> list[str]:
    """Return everything that can be had, node classes and their functions included."""
    shortcuts = import_module(".extension.hosts.python.shortcuts", __name__)
    return sorted({*__all__, "__version__", *shortcuts.node_members()})
