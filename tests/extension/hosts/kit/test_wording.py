"""Sentences name fields as they are seen: options on a command line, labels in a dialog, keywords in Python."""

import pytest

from endpoint_nodes.extension.hosts.kit.wording import for_command_line, for_dialog, for_python
from endpoint_nodes.nodes.create_image_variation import CreateImageVariation

SENTENCES = [
    ("raise `max_requests`", "raise --max-requests", "raise Max requests", "raise `max_requests`"),
    (
        "let `fit=pad` repair it",
        "let --fit pad repair it",
        "let Image fitting: pad repair it",
        'let `fit="pad"` repair it',
    ),
    ("say `keep_columns=true`", "say --keep-columns", "say Keep columns: true", "say `keep_columns=True`"),
    ("say `keep_columns=false`", "say --no-keep-columns", "say Keep columns: false", "say `keep_columns=False`"),
    ("try `n=2`", "try --n 2", "try Number of images: 2", "try `n=2`"),
    ("or `allow_http=lan`", "or --allow-http lan", "or Hosts without HTTPS: lan", 'or `allow_http=["lan"]`'),
    ("`list_models` shows", "endpoint-nodes list-models shows", "List Models shows", "en.list_models shows"),
    ("The model `gpt5` is not there.", *["The model `gpt5` is not there."] * 3),
]


@pytest.mark.parametrize(("sentence", "option", "label", "keyword"), SENTENCES)
def test_a_field_is_named_as_its_reader_sees_it(sentence: str, option: str, label: str, keyword: str) -> None:
    assert for_command_line(sentence, CreateImageVariation) == option
    assert for_dialog(sentence, CreateImageVariation) == label
    assert for_python(sentence, CreateImageVariation) == keyword
