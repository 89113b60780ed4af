"""Templates: texts that name columns of the input table."""

import datetime as dt
import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.nodes.base.templates import ColumnReference, may_name_columns, parse_template
from endpoint_nodes.nodes.create_chat_completion import CreateChatCompletion
from endpoint_nodes.nodes.create_image import CreateImage
from endpoint_nodes.nodes.create_image_variation import CreateImageVariation
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.errors import InvalidInput, InvalidSetting

SANDBOX = Configuration(base_url="sandbox:")
COLUMNS = {"name": "Plum", "price": 2.5, "unit price": 3.0, "größe": "L", "a{b}": "braces", "x}": "odd", "0": "zero"}


def rendered(text: str) -> str:
    return parse_template(text, COLUMNS, "prompt").render(COLUMNS)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Describe {name} for {price}.", "Describe Plum for 2.5."),
        ("{unit price} {größe} {a{b}} {x}}", "3 L braces odd"),
        ("{ name }", "Plum"),
        ("{{name}} is {name}", "{name} is Plum"),
        ("{{anything}}", "{anything}"),
        ("{{{name}}}", "{Plum}"),
        ('{"city": "Rome", "fruit": "{name}"}', '{"city": "Rome", "fruit": "Plum"}'),
        ('{"a": {"b": {price}}}', '{"a": {"b": 2.5}}'),
        ("{0} and {1}", "zero and {1}"),
        ("{} {{}} {2,3} \\d{4} x{", "{} {{}} {2,3} \\d{4} x{"),
        ("f() { return; }", "f() { return; }"),
        ("no braces", "no braces"),
        ("", ""),
    ],
)
def test_a_template_becomes_text(template: str, text: str) -> None:
    assert rendered(template) == text


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("nme", "did you mean {name}? Write {{nme}} to send {nme} as text."),
        ("Name", "did you mean {name}?"),
        ("unit_price", "did you mean {unit price}?"),
        ("zebra stripes", "it has name, price, unit price, größe"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_column(name: str, advice: str) -> None:
    with pytest.raises(InvalidSetting) as refused:
        rendered(f"Describe {{{name}}}")
    assert str(refused.value).startswith(f"`prompt` names the column {name!r}, which the input does not have; ")
    assert advice in str(refused.value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (1e300, "1e+300"),
        (True, "true"),
        (dt.date(2026, 11, 21), "2026-11-21"),
        (["a", 1], '["a",1]'),
        ({"a": None}, '{"a":null}'),
    ],
)
def test_a_value_becomes_what_a_reader_expects(value: Any, text: str) -> None:
    assert parse_template("<{v}>", ["v"], "prompt").render({"v": value}) == f"<{text}>"


@pytest.mark.parametrize("value", [b"bytes", [b"bytes"], {"image": {"bytes": b"x"}}])
def test_bytes_are_no_part_of_a_text(value: Any) -> None:
    with pytest.raises(InvalidInput, match="the column 'v' holds bytes"):
        parse_template("<{v}>", ["v"], "prompt").render({"v": value})


names = st.text(min_size=1, max_size=12)


@given(st.lists(names, min_size=1, max_size=5, unique=True), st.data())
def test_any_column_can_be_named_and_escaped(columns: list[str], data: st.DataObject) -> None:
    cells = {name: f"<{number}>" for number, name in enumerate(columns)}
    name = data.draw(st.sampled_from(columns))
    literal = data.draw(st.text(alphabet="abc .,", max_size=8))
    template = parse_template(f"{literal}{{{name}}}", columns, "prompt")
    assert ColumnReference(name) in template.parts or "}" in name or "{" in name
    if not set(name) & set("{}"):
        assert template.render(cells) == literal + cells[name]
        assert parse_template(f"{literal}{{{{{name}}}}}", columns, "prompt").render(cells) == f"{literal}{{{name}}}"


@given(st.text())
def test_a_text_without_names_is_unchanged_and_any_other_is_refused_or_rendered(text: str) -> None:
    try:
        template = parse_template(text, ["name"], "prompt")
    except InvalidSetting:
        assert may_name_columns(text)
        return
    if not may_name_columns(text):
        assert template.render({"name": "x"}) == text


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(alphabet="ab {}"), st.lists))
def test_json_that_is_written_out_stays_json(value: Any) -> None:
    text = json.dumps({"some key": value})
    if not may_name_columns(text):
        assert json.loads(parse_template(text, ["name"], "prompt").render({})) == {"some key": value}


# Through the engine


def chat(table: pa.Table | None, **fields: Any) -> list[str]:
    result, _ = execute(CreateChatCompletion(model="sandbox-chat", **fields), SANDBOX, table)
    return [text.partition("You wrote: ")[2] for text in result.column("content").to_pylist()]


TABLE = pa.table({"name": ["Plum", "Pear"], "unit price": [1.0, 2.5], "tokens": [100, 200]})


def test_every_row_sends_its_own_text() -> None:
    assert chat(TABLE, prompt="{name}: {unit price}") == ["Plum: 1", "Pear: 2.5"]
    assert chat(TABLE, prompt="{name}", system="You sell {name}.", max_completion_tokens="{tokens}") == ["Plum", "Pear"]


def test_messages_and_other_json_name_columns_too() -> None:
    messages = [{"role": "system", "content": "Be {{brief}}."}, {"role": "user", "content": "Sell {name}"}]
    assert chat(TABLE, messages=messages, metadata={"sku": "{name}"}) == ["Sell Plum", "Sell Pear"]
    assert chat(TABLE, messages='[{"role": "user", "content": "{name}"}]') == ["Plum", "Pear"]


def test_a_prompt_with_json_in_it_is_sent_as_it_is() -> None:
    prompt = 'Answer as {"city": "...", "people": 1} about {name}'
    assert chat(TABLE, prompt=prompt)[0] == 'Answer as {"city": "...", "people": 1} about Plum'


def test_without_a_table_braces_are_text() -> None:
    assert chat(None, prompt="Classify {name} as {{x}}") == ["Classify {name} as {{x}}"]
    with pytest.raises(InvalidSetting, match="`temperature` must be a number"):
        chat(None, prompt="Hello", temperature="{warmth}")


def test_a_table_that_nothing_uses_is_refused_unless_the_request_is_to_be_repeated() -> None:
    with pytest.raises(InvalidSetting, match=r"No field uses a column of the input.*such as \{name\}"):
        chat(TABLE, prompt="Hello")
    assert chat(TABLE, prompt="Hello", repeat_request=True) == ["Hello", "Hello"]


def test_an_unknown_column_is_refused_before_anything_is_sent() -> None:
    for fields in ({"prompt": "{nam}"}, {"prompt": "{name}", "metadata": {"a": "{nam}"}}):
        with pytest.raises(InvalidSetting, match=r"did you mean \{name\}"):
            chat(TABLE, **fields)
    with pytest.raises(InvalidSetting, match="`size` names the column 'sizes'"):
        execute(CreateImage(prompt="{name}", size="{sizes}"), SANDBOX, TABLE)


def test_the_value_of_a_template_keeps_the_limits_of_its_field() -> None:
    table = pa.table({"name": ["Plum", "Pear"], "pixels": ["256", "many"]})
    node = CreateImage(prompt="{name}", model="sandbox-image", size="{pixels}x{pixels}", on_error="continue")
    result, _ = execute(node, SANDBOX, table)
    assert result.column("image").is_null().to_pylist() == [False, True]
    assert "`size` must be auto or WIDTHxHEIGHT" in result.column("error").to_pylist()[1]


def test_a_template_that_lacks_a_value_sends_nothing() -> None:
    table = pa.table({"name": ["Plum", None]})
    fields = {"model": "sandbox-chat", "prompt": "Hello", "system": "You sell {name}."}
    with pytest.raises(InvalidInput, match="`system` lacks a value in the column 'name'"):
        execute(CreateChatCompletion(**fields), SANDBOX, table)
    skipped, _ = execute(CreateChatCompletion(**fields, missing_values="skip"), SANDBOX, table)
    assert skipped.column("content").is_null().to_pylist() == [False, True]


def test_a_path_may_be_made_of_columns(tmp_path: Any) -> None:
    made, _ = execute(CreateImage(prompt="Two plums", model="sandbox-image", size="256x256"), SANDBOX)
    (tmp_path / "sku-7.png").write_bytes(made.column("image")[0].as_py())
    node = CreateImageVariation(image=f"{tmp_path}/sku-{{number}}.png", size="256x256")
    result, _ = execute(node, SANDBOX, pa.table({"number": [7]}))
    assert result.column("image").null_count == 0


def test_workflows_of_the_first_version_still_name_columns_by_field() -> None:
    assert chat(TABLE, columns={"prompt": "name"}) == chat(TABLE, prompt="{name}")
