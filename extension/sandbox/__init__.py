"""The sandbox: a real service that speaks the OpenAI-compatible protocol without any model, key or network.

It is a second opinion of the protocol: its bodies are declared here again, on purpose, and nothing is imported from
`nodes` or `port_types`, so that a mistake in a node's declaration is not repeated by what the node is tested against.

Importing this package is cheap: the web framework and Pillow load when an application is created.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .options import SandboxOptions

if TYPE_CHECKING:
    from starlette.applications import Starlette

__all__ = ["API_PREFIX", "SandboxOptions", "create_app"]

API_PREFIX = "/v1"


def create_app(options: SandboxOptions | None = None, document: Mapping[str, Any] | None = None) -> "Starlette":
    """Return a new ASGI application with its own memory (log, attempts, files, batches).

    Args:
        options: How the service behaves; the default is quick, unlimited and without faults.
        document: OpenAPI 3 as data: the service that it describes is served instead of OpenAI's.
    """
    from .app import build

    return build(options or SandboxOptions(), API_PREFIX, document)
