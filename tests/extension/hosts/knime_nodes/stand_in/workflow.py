"""Tables and contexts as KNIME hands them to nodes."""

import io
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import knime.extension as knext
import pyarrow as pa
from PIL import Image

KEY = "sk-test-not-a-real-key"


class Table:
    """A KNIME table of pyarrow columns, handed out in batches of `batch_rows`."""

    def __init__(self, columns: dict[str, Any], row_ids: list[str] | None = None, batch_rows: int = 100) -> None:
        count = len(next(iter(columns.values())))
        ids = row_ids or [f"RowId{number}" for number in range(count)]
        self.content = pa.table({"<RowID>": pa.array(ids, pa.string()), **columns})
        self.num_rows, self._batch_rows = count, batch_rows

    @property
    def schema(self) -> Any:
        types = [(field.name, field.type) for field in self.content.schema][1:]
        return knext.Schema.from_columns([knext.Column(ktype, name) for name, ktype in types])

    def batches(self) -> Iterator[Any]:
        for batch in self.content.to_batches(max_chunksize=self._batch_rows):
            yield SimpleNamespace(to_pyarrow=lambda batch=batch: batch)

    def to_pyarrow(self) -> pa.Table:
        return self.content


class Context:
    """What KNIME passes to a node: credentials, progress, cancelling, warnings, the dialog's specs."""

    def __init__(self, *specs: Any, credentials: dict[str, str | None] | None = None, cancel_after: int = -1) -> None:
        self.specs, self.credentials = list(specs), {"key": KEY} if credentials is None else credentials
        self.cancel_after = cancel_after
        self.flow_variables: dict[str, Any] = {}
        self.progress: list[tuple[float, str]] = []
        self.warnings: list[str] = []

    def get_input_specs(self) -> list[Any]:
        return self.specs

    def get_credential_names(self) -> list[str]:
        return list(self.credentials)

    def get_credentials(self, name: str) -> Any:
        return SimpleNamespace(password=self.credentials[name])

    def get_workflow_data_area_dir(self) -> str:
        return "/workflow/data"

    def set_progress(self, fraction: float, message: str) -> None:
        assert type(fraction) is float
        self.progress.append((fraction, message))

    def set_warning(self, message: str) -> None:
        self.warnings.append(message)

    def is_canceled(self) -> bool:
        self.cancel_after -= 1
        return self.cancel_after == -1


def png(side: int = 64, colour: str = "teal") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(buffer, "PNG")
    return buffer.getvalue()


def images(*cells: bytes | None) -> Any:
    return pa.ExtensionArray.from_storage(knext.logical(Image.Image), pa.array(cells, pa.binary()))


def settings(node: Any, values: dict[str, Any]) -> Any:
    """Set parameters of a node by path ("request.n") and return it; `columns` are its settings from columns."""
    for setting, column in values.pop("columns", {}).items():
        row = SimpleNamespace(setting=setting, column=column)
        node.settings_from_columns = [*node.settings_from_columns, row]
    for path, value in values.items():
        group, name = path.split(".")
        if not hasattr(type(getattr(node, group)), name):
            raise KeyError(path)
        setattr(getattr(node, group), name, value)
    return node


def parameters(group: Any) -> dict[str, Any]:
    """Return the parameters of a group by name."""
    return {name: parameter for name, parameter in vars(type(group)).items() if hasattr(parameter, "condition")}


def shown(node: Any, group: str, context: Context) -> set[str]:
    """Return the parameters of a group that the dialog shows."""
    values = getattr(node, group)
    return {
        name
        for name, parameter in parameters(values).items()
        if parameter.condition is None or parameter.condition(values, context)
    }
