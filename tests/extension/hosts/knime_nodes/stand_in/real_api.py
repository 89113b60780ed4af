"""Run by `test_real_api.py` on KNIME's own API: loads the extension and prints what KNIME would know of it."""

import importlib
import inspect
import json
import sys
import time
from typing import Any

import knime.extension as knext
import knime.extension.nodes as knodes
import knime.extension.parameter as kparameters
import knime.extension.testing as ktesting

entry, value_types = sys.argv[1:]
ktesting.register_extension(value_types)
started = time.perf_counter()
importlib.import_module(entry)
seconds = time.perf_counter() - started

kparameters.set_extension_version("0.1.0")


class Dialog:
    """A dialog that opens with nothing connected."""

    def get_input_specs(self) -> list[None]:
        return [None, None]

    def get_credential_names(self) -> list[str]:
        return ["key"]


def described(node: Any) -> dict[str, Any]:
    factory = node.node_factory()
    return {
        "name": node.name,
        "settings": kparameters.extract_parameters(factory)["model"],
        "schema": kparameters.extract_schema(factory, "0.1.0", Dialog()),
        "ui": kparameters.extract_ui_schema(factory, Dialog()),
        "doc": inspect.getdoc(factory),
        "inputs": [port.name for port in factory.input_ports],
        "outputs": [port.name for port in factory.output_ports],
        "view": bool(getattr(factory, "output_view", None)),
    }


def binds(name: str, given: int, named: list[str]) -> str:
    """Return why KNIME's own function would not take such a call, or ""."""
    called: Any = knext
    for part in name.split("."):
        called = getattr(called, part)
    try:
        inspect.signature(called).bind(*[None] * given, **dict.fromkeys(named))
    except TypeError as error:
        return f"{name}: {error}"
    return ""


def differences(node_id: str, version: str, settings: Any) -> str:
    """Return why a node with saved settings would not be the same in KNIME, or ""."""
    made = knodes._nodes[node_id].node_factory()
    saved = {"model": settings}
    try:
        kparameters.validate_parameters(made, saved, version)
        kparameters.inject_parameters(made, saved, version)
    except ValueError as error:
        return f"{node_id}: {error}"
    return "" if kparameters.extract_parameters(made) == saved else f"{node_id}: it becomes something else"


calls = json.loads(sys.stdin.read())
sys.stdout.write(
    json.dumps(
        {
            "nodes": {node_id: described(node) for node_id, node in knodes._nodes.items()},
            "refused": [reason for call in calls["calls"] if (reason := binds(*call))],
            "changed": [reason for saved in calls["saved"] if (reason := differences(*saved))],
            "absent": [name for name in calls["names"] if not hasattr(knext, name)],
            "seconds": seconds,
            "context": [name for name in dir(knext.ExecutionContext) if not name.startswith("_")],
            "dialog": [name for name in dir(knext.DialogCreationContext) if not name.startswith("_")],
            "table": [name for name in dir(knext.Table) if not name.startswith("_")],
        }
    )
)
