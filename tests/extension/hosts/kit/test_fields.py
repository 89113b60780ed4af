"""What hosts say of a field, and which column fills it."""

from endpoint_nodes.extension.hosts.kit.fields import (
    describe,
    has_flag,
    match_column,
    missing_sentence,
    public_fields,
    starting_value,
)
from endpoint_nodes.nodes import node_classes
from endpoint_nodes.nodes.create_image_variation import CreateImageVariation
from endpoint_nodes.port_types.configuration import Configuration

FIELDS = CreateImageVariation.fields()


def test_no_host_shows_an_internal_field() -> None:
    for declared in (Configuration, *node_classes().values()):
        assert not {"columns", "unknown"} & {field.name for field in public_fields(declared)}


def test_a_field_that_is_switched_on_starts_with_the_services_default_and_never_as_a_trap() -> None:
    starts = {
        name: starting_value(field)
        for declared in (*node_classes().values(), Configuration)
        for name, field in declared.fields().items()
        if has_flag(field)
    }
    usual = {"n": 1, "quality": "auto", "speed": 1.0, "top_p": 1.0, "output_compression": 100}
    usual |= {"reasoning_effort": "medium", "max_requests": 1000, "max_completion_tokens": 1000, "logprobs": True}
    usual |= {"parallel_tool_calls": False, "prompt": None, "tool_choice": None}
    assert {name: starts[name] for name in usual} == usual


def test_limits_choices_and_defaults_follow_the_help() -> None:
    assert describe(FIELDS["n"]).endswith("From 1 to 10.")
    assert describe(FIELDS["on_error"], default=True).endswith("Default: fail.")
    assert "One of" not in describe(FIELDS["on_error"]), "its help names the choices"


def test_a_column_is_matched_by_name_or_label_and_for_a_file_by_what_it_holds() -> None:
    image = FIELDS["image"]
    assert match_column(image, ["name", "Image"], ["photo"]) == "Image"
    assert match_column(image, ["name", "photo"], ["photo"]) == "photo"
    assert match_column(image, ["name"], []) is None
    assert match_column(FIELDS["model"], ["name"], ["photo"]) is None, "a text does not come from a picture"


def test_what_is_missing_names_the_field_and_the_ways_out() -> None:
    assert missing_sentence(FIELDS["image"]).startswith("`image` is missing: choose a file or enter a url, or connect")
    assert missing_sentence(FIELDS["model"], from_column=False) == "`model` is missing: enter a value."
