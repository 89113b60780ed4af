"""The workflows that come with the project, loaded and run as KNIME would: every node, on the sandbox."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import knime.extension as knext
import pyarrow as pa
import pytest
from saved import SavedNode, SavedWorkflow, read
from workflow import Context, Table

ROOT = Path(__file__).parents[4]
FOLDER = ROOT / "examples" / "knime_workflows"
EXAMPLES = sorted(FOLDER.glob("*.knwf"))
TESTS = sorted((FOLDER / "tests").glob("*.knwf"))


class WorkflowContext(Context):
    """What KNIME passes to the nodes of the workflow that lies in `folder`."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def get_workflow_data_area_dir(self) -> str:
        return str(self.folder / "data")


def loaded(nodes: dict[str, Any], saved: SavedNode) -> Any:
    """Return the node with its saved settings, as KNIME makes it."""
    node = nodes[saved.id].factory()
    for name, value in saved.settings.items():
        if isinstance(value, list):
            setattr(node, name, [SimpleNamespace(**row) for row in value])
        else:
            for parameter, given in value.items():
                assert hasattr(type(getattr(node, name)), parameter), f"{saved.id} has no {name}.{parameter}"
                setattr(getattr(node, name), parameter, given)
    return node


def creator(settings: dict[str, Any]) -> Table:
    """Return the table of KNIME's Table Creator."""
    names = dict(enumerate(column["ColumnName"] for column in settings["columnProperties"]))
    cells = zip(settings["columnIndices"], settings["values"], strict=True)
    columns: dict[int, list[str]] = {at: [] for at in names}
    for at, text in cells:
        columns[at].append(text)
    row_ids = [f"{settings['rowIdPrefix']}{row}" for row in sorted(set(settings["rowIndices"]))]
    return Table({names[at]: pa.array(texts) for at, texts in columns.items()}, row_ids)


def as_input(result: Any) -> Table:
    """Return a result as the table that the next node gets."""
    content = pa.concat_tables(result).combine_chunks()
    columns = {name: content.column(name).combine_chunks() for name in content.column_names[1:]}
    return Table(columns, content.column("<RowID>").to_pylist())


def execute(workflow: SavedWorkflow, nodes: dict[str, Any], context: WorkflowContext) -> dict[tuple[int, int], Any]:
    """Execute all nodes and return what is at each output, by (number, port)."""
    outputs: dict[tuple[int, int], Any] = {}
    for number, saved in workflow.nodes.items():
        if not saved.id:
            outputs[number, 1] = creator(saved.settings)
            continue
        node = loaded(nodes, saved)
        inputs = [outputs[workflow.sources[number, port]] for port in (1, 2) if (number, port) in workflow.sources]
        specs = [given.spec if hasattr(given, "spec") else given.schema for given in inputs]
        node.configure(context, *specs)
        ended = node.execute(context, *inputs)
        if saved.id == "endpoint_configuration":
            outputs[number, 1] = ended
        else:
            outputs[number, 1], outputs[number, 2] = as_input(ended[0]), ended[1]
            outputs[number, 0] = pa.concat_tables(ended[0])
    return outputs


@pytest.mark.parametrize("path", [*EXAMPLES, *TESTS], ids=lambda path: path.stem)
def test_every_workflow_loads_and_runs(path: Path, nodes: dict[str, Any], tmp_path: Path) -> None:
    workflow = read(path, tmp_path)
    context = WorkflowContext(tmp_path / path.stem)
    outputs = execute(workflow, nodes, context)
    assert not context.warnings
    last = max(workflow.nodes)
    if last > 1:
        assert outputs[last, 0].num_rows


def test_every_node_has_a_workflow(nodes: dict[str, Any]) -> None:
    ours = {node_id.replace("_", "-") for node_id in nodes if node_id != "every_kind"}
    assert {path.stem for path in TESTS} == ours


def test_optional_ports_that_are_connected_are_there(tmp_path: Path, nodes: dict[str, Any]) -> None:
    for path in EXAMPLES:
        for saved in read(path, tmp_path).nodes.values():
            if saved.id and saved.id != "endpoint_configuration":
                assert saved.ports["Requests"]["port_0"]["object_class"] == "org.knime.core.node.BufferedDataTable"
                assert [port.name for port in nodes[saved.id].factory.input_ports if port.optional] == ["Requests"]


def test_product_variations_show_two_for_each_photo(tmp_path: Path, nodes: dict[str, Any]) -> None:
    workflow = read(FOLDER / "product-variations.knwf", tmp_path)
    result = execute(workflow, nodes, WorkflowContext(tmp_path / "product-variations"))[3, 0]
    assert result.column("product").to_pylist() == ["Mug", "Mug", "Sneaker", "Sneaker", "Plant", "Plant"]
    assert result.column("variation").null_count == 0
    assert isinstance(result.schema.field("variation").type, knext.logical)


def test_a_chain_of_three_keeps_what_each_node_made(tmp_path: Path, nodes: dict[str, Any]) -> None:
    workflow = read(FOLDER / "text-to-image-to-variation.knwf", tmp_path)
    result = execute(workflow, nodes, WorkflowContext(tmp_path / "x"))[5, 0]
    assert {"product", "price", "scene", "picture", "variation"} <= set(result.column_names)
    assert result.num_rows == 3
