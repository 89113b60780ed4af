"""Dialogs: what a declared field becomes, what is shown when, and that every value finds its way back."""

import json
from collections.abc import Iterator
from typing import Any

import knime.extension as knext
import pyarrow as pa
import pytest
from kinds import EveryKind
from knime.types.builtin import FSLocationValue
from PIL import Image
from workflow import Context, Table, images, parameters, settings, shown

from endpoint_nodes.extension.hosts.kit.fields import MEDIA_KINDS, has_flag
from endpoint_nodes.extension.hosts.knime_nodes.factory import ABOUT_TABLE, dialog_fields
from endpoint_nodes.extension.hosts.knime_nodes.fields import OTHER, flag_name
from endpoint_nodes.extension.hosts.knime_nodes.values import is_wide
from endpoint_nodes.extension.testing.samples import base, samples
from endpoint_nodes.nodes import node_classes
from endpoint_nodes.nodes.list_models import ListModels
from endpoint_nodes.port_types.errors import InvalidSetting
from endpoint_nodes.port_types.fields import FieldKind

TABLE = Table({"subject": pa.array(["plum"])})


def all_fields() -> Iterator[Any]:
    for node in (*node_classes().values(), EveryKind):
        for field in dialog_fields(node):
            yield pytest.param(node, field, id=f"{node.id()}-{field.name}")


def test_a_node_without_a_body_has_no_settings_for_one() -> None:
    names = {field.name for field in dialog_fields(ListModels)}
    assert names == {"result_format", "result_column", "on_error", "request_details", "take"}


@pytest.mark.parametrize(("declared", "field"), list(all_fields()))
def test_every_field_is_in_the_dialog_with_its_words(declared: Any, field: Any, every_kind: Any, nodes: Any) -> None:
    node = every_kind() if declared is EveryKind else nodes[declared.id()].factory()
    [group] = [getattr(node, name) for name, fields in node.sections.items() if field in fields]
    parameter = parameters(group)[field.name]
    assert parameter.label == f"{field.label} (JSON)" if field.entries else field.label
    assert parameter.description.startswith(field.help)
    if not field.many:
        assert field.limits.capitalize() in parameter.description
    assert parameter.details["since_version"] == field.since
    assert parameter.details["is_advanced"] == (field.advanced and field.name != "missing_values")
    assert (flag_name(field) in parameters(group)) == has_flag(field)


def typed(field: Any, value: Any) -> Any:
    """Return what a user types for a value."""
    if field.kind in MEDIA_KINDS:
        return "\n".join(["plum.png"] * len(value)) if field.many else "plum.png"
    if field.many or field.kind is FieldKind.JSON:
        return json.dumps(value)
    if field.kind in (FieldKind.BOOLEAN, FieldKind.INTEGER, FieldKind.NUMBER) and not is_wide(field):
        return value
    return str(value)


@pytest.mark.parametrize(("declared", "field"), [case for case in all_fields() if case.values[0] is not EveryKind])
def test_every_sample_of_every_field_can_be_typed(declared: Any, field: Any, nodes: Any) -> None:
    needed = base(declared)
    for value in samples(field):
        node = nodes[declared.id()].factory()
        for name, given in {**needed, field.name: value}.items():
            declared_field = declared.fields()[name]
            group = getattr(
                node, next(section for section, fields in node.sections.items() if declared_field in fields)
            )
            setattr(group, name, typed(declared_field, given))
            if has_flag(declared_field):
                setattr(group, flag_name(declared_field), True)
        if refused(declared, {**needed, field.name: value}):
            with pytest.raises(InvalidSetting):
                node.planned(None)
        elif field.name not in ABOUT_TABLE and field.kind not in MEDIA_KINDS:
            assert getattr(node.planned(None).node, field.name) == value
        else:
            node.planned(None)


def refused(declared: Any, values: dict[str, Any]) -> str:
    """Return why the node itself does not take `values`; some exclude each other."""
    try:
        made = declared(**values)
    except InvalidSetting as error:
        return str(error)
    return made.validate() or ""


def test_a_flag_shows_its_field(every_kind: Any) -> None:
    node, context = every_kind(), Context(None, None)
    for name in ("text", "count", "sharp", "detail", "words", "mood"):
        assert name not in shown(node, "request", context)
        settings(node, {f"request.set_{name}": True})
        assert name in shown(node, "request", context)
    settings(node, {"request.set_size": True})
    assert "size_other" not in shown(node, "request", context)
    settings(node, {"request.size": OTHER})
    assert "size_other" in shown(node, "request", context)


def test_a_field_of_another_route_is_hidden(nodes: Any) -> None:
    node, context = nodes["create_image_variation"].factory(), Context(None, None)
    edits = {"strength", "set_quality", "set_style", "set_prompt"}
    assert edits <= shown(node, "request", context)
    settings(node, {"request.set_style": True, "request.route": "variations"})
    assert edits & shown(node, "request", context) == {"set_style"}, "what is on can be switched off"


def test_what_needs_another_setting_is_shown_with_it(nodes: Any) -> None:
    node, context = nodes["endpoint_configuration"].factory(), Context()
    before = shown(node, "service", context)
    settings(node, {"service.delivery": "batch-file", "service.set_authentication": True})
    settings(node, {"service.authentication": "oauth2"})
    assert shown(node, "service", context) - before == {
        *("wait", "set_batch_folder", "authentication", "set_token_url", "scopes")
    }


def test_columns_are_chosen_with_a_table_and_values_typed_without(every_kind: Any) -> None:
    node = settings(every_kind(), {"input.set_photo": True, "input.set_photos": True})
    alone, connected = Context(None, None), Context(None, TABLE.schema)
    assert {"subject", "photo", "photos"} <= shown(node, "input", alone)
    assert not {"subject_column", "photo_column", "photos_columns", "keep_columns"} & shown(node, "input", alone)
    assert {"subject_column", "subject", "photo_column", "photos_columns", "keep_columns"} <= shown(
        node, "input", connected
    )
    settings(node, {"input.subject_column": "subject"})
    assert "subject" not in shown(node, "input", connected)
    assert "subject" in shown(node, "input", alone)


def test_limits_are_shown_but_left_to_the_field(every_kind: Any) -> None:
    count = parameters(every_kind().request)["count"]
    assert (count.details["min_value"], count.details["max_value"]) == (1, 10)
    assert count.details["validator"](11) is None
    assert isinstance(parameters(every_kind().request)["seed"], knext.StringParameter)


def test_a_path_has_a_button_to_browse_for_a_file_or_a_folder(nodes: Any) -> None:
    service = parameters(nodes["endpoint_configuration"].factory().service)
    paths = {name for name, parameter in service.items() if isinstance(parameter, knext.LocalPathParameter)}
    assert paths == {"ca_bundle", "cache", "batch_folder"}
    modes = {name: service[name]._get_options(None).get("selectionMode", "FILE") for name in paths}
    assert modes == {"ca_bundle": "FILE", "cache": "FOLDER", "batch_folder": "FOLDER"}
    assert all(service[name].details["validator"]("not/there/yet") is None for name in paths)


def test_a_flag_starts_with_the_example_and_a_boolean_needs_one_click(nodes: Any) -> None:
    chat = nodes["create_chat_completion"].factory()
    request = parameters(chat.request)
    assert request["max_completion_tokens"].default_value == 1000
    assert request["logprobs"].default_value is True
    assert request["parallel_tool_calls"].default_value is False
    limits = parameters(nodes["endpoint_configuration"].factory().limits)
    assert limits["max_requests"].default_value == 1000


def test_missing_values_come_first_and_are_passed_on(nodes: Any) -> None:
    parameter = parameters(nodes["create_image_variation"].factory().input)["missing_values"]
    options = {option.name: (option.label, option.description) for option in parameter.options}
    assert parameter.default_value == "skip"
    assert options["skip"] == ("Output missing values", "It gives a row of missing values.")


def test_few_controls_are_seen_before_the_advanced_ones(nodes: Any, port: Any) -> None:
    table = Table({"prompt": pa.array(["plum"]), "photo": images(None)})
    context = Context(None, table.schema)
    for node_id, most in (("create_image_variation", 12), ("create_chat_completion", 15)):
        node = settings(nodes[node_id].factory(), {"request.model_other": "m"})
        node.configure(Context(), port().spec, table.schema)
        seen = [
            name
            for group in node.sections
            for name in shown(node, group, context)
            if not parameters(getattr(node, group))[name].details["is_advanced"]
        ]
        lists = [name for name, parameter in parameters(node).items() if not parameter.details.get("is_advanced")]
        assert len([*seen, *lists]) < most, [*seen, *lists]


def test_input_columns_are_appended_or_left_out(nodes: Any) -> None:
    parameter = parameters(nodes["create_image"].factory().input)["keep_columns"]
    offered = [(option.name, option.label) for option in parameter.options]
    assert offered == [("true", "Append"), ("false", "Result only")]
    assert parameter.default_value == "true"
    node = settings(nodes["create_image"].factory(), {"input.prompt_column": "subject"})
    assert node.planned(TABLE.schema).schema.names[0] == "subject"
    settings(node, {"input.keep_columns": "false"})
    assert "subject" not in node.planned(TABLE.schema).schema.names


@pytest.mark.parametrize(("saved", "kept"), [(True, "true"), (False, "false")])
def test_keeping_columns_as_version_0_1_0_saved_it_is_read(every_kind: Any, saved: bool, kept: str) -> None:
    changed = every_kind()._modify_parameters({"input": {"keep_columns": saved, "subject": "x"}})
    assert changed == {"input": {"keep_columns": kept, "subject": "x"}}


def test_a_missing_value_is_asked_for_where_the_reader_can_give_it(nodes: Any, port: Any) -> None:
    numbers = Table({"price": pa.array([1.5])})
    for table, ways in (
        (None, "choose a file or enter a url, or connect a table and choose a column for it."),
        (numbers, "choose a column of the input table, or choose a file or enter a url."),
    ):
        with pytest.raises(knext.InvalidParametersError) as raised:
            nodes["create_image_variation"].factory().configure(Context(), port().spec, table and table.schema)
        assert str(raised.value) == f"Image is missing: {ways}"


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ({"request.text": " as it is "}, " as it is "),
        ({"request.size": "small"}, "small"),
        ({"request.size": OTHER, "request.size_other": "huge"}, "huge"),
        ({"request.count": 3}, 3),
        ({"request.seed": str(2**62)}, 2**62),
        ({"request.share": 0.25}, 0.25),
        ({"request.sharp": False}, False),
        ({"request.mood": "sad"}, "sad"),
        ({"request.level": "2"}, 2),
        ({"request.detail": '{"a": [1]}'}, {"a": [1]}),
        ({"request.words": "plum\n\n pear \n"}, ["plum", "pear"]),
        ({"request.words": '["a\\nb", " "]'}, ["a\nb", " "]),
        ({"request.moods": "sad\nhappy"}, ["sad", "happy"]),
        ({"request.numbers": "1\n2"}, [1, 2]),
        ({"request.messages": '[{"role": "user"}]'}, [{"role": "user"}]),
        ({"input.photo": "plum.png"}, "plum.png"),
        (
            {"input.photos": '["plum.png", "https://example.com/pear.png"]'},
            ["plum.png", "https://example.com/pear.png"],
        ),
    ],
)
def test_every_value_finds_its_way_back(every_kind: Any, given: dict[str, Any], value: Any) -> None:
    path = next(iter(given))
    group, name = path.split(".")
    node = settings(every_kind(), {"input.subject": "x", f"{group}.set_{name}": True, **given})
    assert getattr(node.planned(None).node, name) == value
    settings(node, {f"{group}.set_{name}": False})
    assert getattr(node.planned(None).node, name) is None


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "Subject is missing: enter a value, or connect a table and choose a column for it."),
        ({"request.set_count": True, "request.count": 11}, "Count must be from 1 to 10, not 11."),
        ({"request.set_text": True}, "Set Text is on, but Text is empty; give a value or switch it off."),
        (
            {"request.set_size": True, "request.size": OTHER},
            "Set Size is on, but Size is empty; give a value",
        ),
        ({"request.set_messages": True, "request.messages": "[,"}, "Messages must be valid JSON"),
        ({"request.set_seed": True, "request.seed": "x"}, "Seed must be a whole number, not 'x'."),
        (
            {"result.on_error": "explode"},
            "If a request fails must be one of fail, continue, not 'explode'.",
        ),
        ({"input.set_photo": True}, "Set Photo is on, but Photo is empty"),
    ],
)
def test_every_wrong_setting_is_a_sentence(every_kind: Any, port: Any, given: dict[str, Any], sentence: str) -> None:
    subject = {"input.subject": "x"} if given else {}
    with pytest.raises(knext.InvalidParametersError) as raised:
        settings(every_kind(), {**subject, **given}).configure(Context(), port().spec)
    assert str(raised.value).startswith(sentence)


def test_a_docstring_is_fit_for_the_description(every_kind: Any) -> None:
    first, *rest = every_kind.__doc__.splitlines()
    assert first == "Has &lt;every&gt; kind &amp; more."
    assert "Sends nothing." in rest
    assert "\n\n- " not in every_kind.output_ports[0].description.replace("**\n\n- ", "")


def test_a_port_says_which_columns_come_with_details(nodes: Any) -> None:
    about = nodes["create_image"].factory.output_ports[0].description
    assert (
        "- usage: Tokens used, as the service counts them; on the first row of a response. With Request details."
        in about
    )
    assert "- image: The image, encoded as the service sent it.\n" in about
    structured = about[about.index("**Structured**") :]
    assert "With Request details" not in structured


def test_file_kinds_take_columns_that_can_hold_files(every_kind: Any) -> None:
    fits = parameters(every_kind().input)["photo_column"].details["column_filter"]
    column = knext.Column
    assert fits(column(knext.logical(Image.Image), "a"))
    assert fits(column(knext.logical(FSLocationValue), "a"))
    assert fits(column(knext.string(), "a"))
    assert not fits(column(knext.double(), "a"))
    with pytest.raises(InvalidSetting):
        every_kind().planned(None)
