"""Lists in dialogs: settings from columns, and JSON objects with a row for each entry."""

from types import SimpleNamespace
from typing import Any

import knime.extension as knext
import pyarrow as pa
import pytest
from workflow import Context, Table, parameters, settings, shown

TABLE = Table({"subject": pa.array(["plum"])})


def test_settings_from_columns_are_rows_of_a_list(every_kind: Any) -> None:
    offered = type(every_kind()).settings_from_columns.parameters
    assert [choice.label for choice in type(offered).setting.details["choices"]][:3] == ["Text", "Model", "Size"]
    table = Table({"subject": pa.array(["plum"]), "how many": pa.array([2])})
    node = settings(every_kind(), {"columns": {"count": "how many"}})
    assert node.planned(table.schema).node.columns == {"count": "how many", "subject": "subject"}
    assert node.planned(table.schema).cells == ["subject", "how many"]


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([("count", "")], "Settings from columns: choose a column for Count, or remove the row."),
        ([("count", "subject"), ("count", "subject")], "Settings from columns: Count is there twice; remove one."),
        ([("count", "nowhere")], "The input table has no column 'nowhere' for Count; choose another one."),
    ],
)
def test_incomplete_settings_from_columns_are_refused(
    every_kind: Any, port: Any, rows: list[tuple[str, str]], sentence: str
) -> None:
    node = settings(every_kind(), {"input.subject_column": "subject"})
    node.settings_from_columns = [SimpleNamespace(setting=setting, column=column) for setting, column in rows]
    with pytest.raises(knext.InvalidParametersError) as raised:
        node.configure(Context(), port().spec, TABLE.schema)
    assert str(raised.value) == sentence


def test_columns_of_version_0_1_0_become_rows(every_kind: Any) -> None:
    saved = {"input": {"columns": '{"count": "how many"}', "subject": "x"}}
    changed = every_kind()._modify_parameters(saved)
    assert changed["settings_from_columns"] == [{"setting": "count", "column": "how many"}]
    assert every_kind()._modify_parameters({"input": {"columns": "{"}}) == {"input": {"columns": "{"}}
    assert every_kind()._modify_parameters(changed) == changed


def entries(*pairs: tuple[str, str]) -> list[SimpleNamespace]:
    return [SimpleNamespace(name=name, value=value) for name, value in pairs]


def test_a_json_object_is_a_list_with_a_row_for_each_entry(nodes: Any) -> None:
    node = settings(nodes["create_chat_completion"].factory(), {"input.prompt": "x", "request.model_other": "m"})
    node.extra_fields_list = entries(("seed", "3"), ("tag", "plum"), ("code", '"3"'), ("deep", '{"a": [1]}'))
    node.answer_columns_list = entries(("city", "text"), ("people", "integer"))
    planned = node.planned(None).node
    assert planned.extra_fields == {"seed": 3, "tag": "plum", "code": "3", "deep": {"a": [1]}}
    assert planned.answer_columns == {"city": "text", "people": "integer"}
    value = type(parameters(node)["answer_columns_list"].parameters).value
    offered = [choice.id for choice in value.details["choices"]]
    assert offered == ["text", "integer", "number", "boolean", "list", "json"]


def test_headers_are_a_list_whose_values_are_texts(nodes: Any) -> None:
    node = settings(nodes["endpoint_configuration"].factory(), {"service.base_url": "sandbox:"})
    node.headers_list = entries(("X-Team", "7"))
    assert node.configure(Context()).configuration.headers == {"X-Team": "7"}


def test_json_of_version_0_1_0_is_shown_where_there_is_any(nodes: Any) -> None:
    node, context = settings(nodes["create_image"].factory(), {"input.prompt": "x"}), Context(None, None)
    assert "extra_fields" not in shown(node, "request", context)
    settings(node, {"request.extra_fields": '{"seed": 3}'})
    assert "extra_fields" in shown(node, "request", context)
    assert node.planned(None).node.extra_fields == {"seed": 3}


@pytest.mark.parametrize(
    ("rows", "json_text", "sentence"),
    [
        ([("", "1")], "", "Additional body fields: enter a name in every row, or remove the row."),
        ([("a", "1"), ("a ", "2")], "", "Additional body fields: a is there twice; remove one."),
        ([("b", "1")], '{"a": 1}', "Additional body fields is given as a list and as JSON; empty one of them."),
    ],
)
def test_incomplete_lists_are_refused(
    every_kind: Any, port: Any, rows: list[tuple[str, str]], json_text: str, sentence: str
) -> None:
    node = settings(every_kind(), {"input.subject": "x", "request.extra_fields": json_text})
    node.extra_fields_list = entries(*rows)
    with pytest.raises(knext.InvalidParametersError) as raised:
        node.configure(Context(), port().spec)
    assert str(raised.value) == sentence
