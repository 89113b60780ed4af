"""Writes the example workflows for KNIME, and one test workflow for each node, with KNIME's own view of the settings.

Run it in the Python environment of the extension: pixi run python examples/knime_workflows/write_knime_workflows.py
"""

import importlib
import io
import math
import re
import struct
import sys
import wave
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import knime.extension.nodes as knodes
import knime.extension.parameter as kparameters
import knime.extension.testing  # noqa: F401 - it takes the place of KNIME, which nodes register with
from workflow_files import TABLE_CLASS, TABLE_CREATOR, Config, Node, Workflow, table_settings

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.append(str(ROOT / "extension/hosts/knime_nodes/start"))
importlib.import_module("endpoint_nodes_knime")

EXTENSION = "org.endpointnodes.endpoint_nodes"
VERSION = re.search(r"(?m)^version: (\S+)", (ROOT / "knime.yml").read_text(encoding="utf-8"))[1]  # type: ignore[index]
IMAGES = ROOT / "examples/images"
PHOTOS = ("mug.png", "sneaker.png", "plant.jpg")

kparameters.set_extension_version(VERSION)


def configuration(settings: Config | None = None) -> Node:
    """Return the node Endpoint Configuration, for the embedded sandbox."""
    return node("endpoint_configuration", (60, 160), {"service.base_url": "sandbox:", **(settings or {})})


def node(node_id: str, at: tuple[int, int], settings: Config, *, table: bool = False, comment: str = "") -> Node:
    """Return a node of this extension; settings go by their path in the dialog, "request.model"."""
    declared = knodes._nodes[node_id]  # noqa: SLF001 - KNIME's own registry
    made = declared.node_factory()
    values = kparameters.extract_parameters(made)["model"]
    for path, value in settings.items():
        group, _, name = path.partition(".")
        if (values[group] if name else values).get(name or group, values) is values:
            raise KeyError(path)
        if name:
            values[group][name] = value
        else:
            values[group] = value
    schema = kparameters.extract_schema(made, VERSION)["properties"]["model"]
    return Node(
        declared.name,
        {**typed(values, schema), "extension_version_Internals": VERSION},
        at,
        (EXTENSION, node_id),
        optional_ports={
            port.name: TABLE_CLASS if table and port.name == "Requests" else ""
            for port in made.input_ports
            if port.optional
        },
        comment=comment,
    )


def typed(values: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return JSON settings as entries with the types of their schema."""
    properties = schema["properties"]
    return {name: _typed(values.get(name), member) for name, member in properties.items()}


def _typed(value: Any, schema: Mapping[str, Any]) -> Any:
    kind = "string" if "oneOf" in schema else "array" if "anyOf" in schema else schema["type"]
    if kind == "object":
        return {"json-type_Internals": "OBJECT", **typed(value or {}, schema)}
    if kind == "array":
        if schema.get("items", {}).get("type") == "object":
            return {str(at): _typed(item, schema["items"]) for at, item in enumerate(value or [])}
        missing = {"json-type_Internals": "STRING_ARRAY", "array-size": 0, "null_Internals": value is None}
        return list(value) if value else missing
    return float(value) if kind == "number" else value


def table(columns: Mapping[str, list[str]], at: tuple[int, int] = (60, 320), comment: str = "") -> Node:
    """Return KNIME's Table Creator with columns of text."""
    return Node("Table Creator", table_settings(columns), at, factory=TABLE_CREATOR, comment=comment)


def photo(name: str) -> str:
    """Return where a photo lies: in the workflow's data area."""
    return f"knime://knime.workflow/data/{name}"


PRODUCTS = {
    "product": ["Mug", "Sneaker", "Plant"],
    "price": ["12 euros", "89 euros", "24 euros"],
    "photo": [photo(name) for name in PHOTOS],
}
DATA = {name: (IMAGES / name).read_bytes() for name in PHOTOS}
SANDBOX = "It runs on the sandbox, without a network or a key: choose a service in Endpoint Configuration to go on."


def examples() -> Iterator[Workflow]:
    """Yield the example workflows."""
    yield Workflow(
        "product-variations",
        f"Two variations of each product photo; one broken photo does not end the run. {SANDBOX}",
        [
            configuration(),
            table(PRODUCTS, comment="The products; any table with images or paths will do"),
            node(
                "create_image_variation",
                (320, 240),
                table=True,
                comment="Open the view Gallery to see them side by side",
                settings={
                    "input.image_column": "photo",
                    "request.set_n": True,
                    "request.n": 2,
                    "result.on_error": "continue",
                    "result.result_column": "variation",
                },
            ),
        ],
        [((1, 1), (3, 1)), ((2, 1), (3, 2))],
        DATA,
    )
    yield Workflow(
        "text-to-image-to-variation",
        f"A model writes a scene for each product, a second one draws it, a third one varies the picture. {SANDBOX}",
        [
            configuration(),
            table({name: PRODUCTS[name] for name in ("product", "price")}),
            node(
                "create_chat_completion",
                (320, 240),
                table=True,
                comment="The prompt names columns in braces",
                settings={
                    "input.prompt": "Describe a photo for an advertisement of: {product}, {price}.",
                    "request.model": "sandbox-chat",
                    "result.result_column": "scene",
                },
            ),
            node(
                "create_image",
                (560, 240),
                table=True,
                settings={
                    "input.prompt_column": "scene",
                    "request.set_model": True,
                    "request.model": "gpt-image-2",
                    "result.result_column": "picture",
                },
            ),
            node(
                "create_image_variation",
                (800, 240),
                table=True,
                settings={"input.image_column": "picture", "result.result_column": "variation"},
            ),
        ],
        [((1, 1), (3, 1)), ((2, 1), (3, 2)), ((3, 2), (4, 1)), ((3, 1), (4, 2)), ((4, 2), (5, 1)), ((4, 1), (5, 2))],
    )
    yield Workflow(
        "nightly-moderation",
        "For a schedule: a failed row does not end the run, a budget bounds the bill, and what was answered yesterday "
        f"is not paid for again. The flow variables moderation_failed and moderation_sent say what happened. {SANDBOX}",
        [
            configuration({"limits.set_max_requests": True, "limits.max_requests": 500}),
            table({"comment": ["What a lovely mug!", "It broke on the first day.", "Nice plant."]}),
            node(
                "create_moderation",
                (320, 240),
                table=True,
                settings={"input.input_column": "comment", "result.on_error": "continue"},
            ),
        ],
        [((1, 1), (3, 1)), ((2, 1), (3, 2))],
    )
    yield Workflow(
        "overnight-batch",
        "Half the price: all requests go out as a batch, which the service answers within a day. Executing the node "
        "again collects what is done, also after KNIME was closed, and changed rows send only what is new. " + SANDBOX,
        [
            configuration({"service.delivery": "batch"}),
            table({"review": ["Lovely colours, cracked handle.", "My third pair.", "It arrived without leaves."]}),
            node(
                "create_chat_completion",
                (320, 240),
                {
                    "input.prompt": "Summarize this review in five words: {review}",
                    "request.model": "sandbox-chat",
                    "result.result_column": "summary",
                },
                table=True,
            ),
        ],
        [((1, 1), (3, 1)), ((2, 1), (3, 2))],
    )


def tests() -> Iterator[Workflow]:
    """Yield a workflow for each node, as KNIME's guidelines want one."""
    from endpoint_nodes.nodes import node_classes

    for node_id in knodes._nodes:  # noqa: SLF001 - KNIME's own registry
        name = node_id.replace("_", "-")
        if node_id == "endpoint_configuration":
            yield Workflow(name, "", [configuration()], [])
            continue
        settings = needed(node_classes()[node_id])
        data = [path.rpartition("/")[2] for path in map(str, settings.values()) if path.startswith("knime://")]
        files = {name: tone() if name == "clip.wav" else DATA[name] for name in data}
        nodes = [configuration(), node(node_id, (320, 160), settings)]
        yield Workflow(name, "", nodes, [((1, 1), (2, 1))], files)


def needed(declared: Any) -> dict[str, Any]:
    """Return a value for each field that a node cannot do without, by its path in the dialog."""
    from endpoint_nodes.extension.sandbox.catalogue import MODELS
    from endpoint_nodes.port_types.fields import FieldKind

    files = {FieldKind.IMAGE: photo("mug.png"), FieldKind.AUDIO: photo("clip.wav"), FieldKind.FILE: photo("mug.png")}
    settings = {}
    for name, field in declared.required_fields().items():
        listed = field.suggestions
        offered = listed([model.id for model in MODELS]) if callable(listed) else listed
        value = field.example or next(iter((*field.choices, *offered)), files.get(field.kind, "A plum."))
        settings[f"{'input' if field.primary else 'request'}.{name}"] = value
    return settings


def tone() -> bytes:
    """Return a recording of one second."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as recording:
        recording.setnchannels(1)
        recording.setsampwidth(2)
        recording.setframerate(8000)
        recording.writeframes(b"".join(struct.pack("<h", int(9000 * math.sin(at / 4))) for at in range(8000)))
    return buffer.getvalue()


def main() -> None:
    """Write them all beside this file."""
    for workflow in examples():
        print(workflow.write(HERE))
    for workflow in tests():
        print(workflow.write(HERE / "tests"))


if __name__ == "__main__":
    main()
