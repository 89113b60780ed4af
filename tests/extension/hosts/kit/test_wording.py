"""Sentences name fields as they are seen: options on a command line, labels in a dialog."""

import pytest

from endpoint_nodes.extension.hosts.kit.wording import for_command_line, for_dialog
from endpoint_nodes.nodes.create_image_variation import CreateImageVariation

SENTENCES = [
    ("raise `max_requests` to go on", "raise --max-requests to go on", "raise Max requests to go on"),
    ("let `fit=pad` repair it", "let --fit pad repair it", "let Fit: pad repair it"),
    ("say `keep_columns=true`", "say --keep-columns", "say Keep columns: true"),
    ("say `keep_columns=false`", "say --no-keep-columns", "say Keep columns: false"),
    ("The model `gpt5` does not exist.", "The model `gpt5` does not exist.", "The model `gpt5` does not exist."),
]


@pytest.mark.parametrize(("sentence", "option", "label"), SENTENCES)
def test_a_field_is_named_as_its_reader_sees_it(sentence: str, option: str, label: str) -> None:
    assert for_command_line(sentence, CreateImageVariation) == option
    assert for_dialog(sentence, CreateImageVariation) == label
