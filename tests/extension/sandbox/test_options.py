import subprocess
import sys
from dataclasses import fields

import pytest

from endpoint_nodes.extension.sandbox import SandboxOptions


def test_a_query_becomes_typed_options() -> None:
    options = SandboxOptions.from_query("latency=0.5&failure_rate=0.1&like=openai&rate_limit=60&key=k&seed=3")
    assert options == SandboxOptions(latency=0.5, failure_rate=0.1, like="openai", rate_limit=60, key="k", seed=3)


@pytest.mark.parametrize(("text", "value"), [("true", True), ("1", True), ("false", False), ("0", False)])
def test_a_switch_reads_its_usual_spellings(text: str, value: bool) -> None:
    assert SandboxOptions.from_query(f"strict_models={text}").strict_models is value


def test_an_empty_query_is_the_default() -> None:
    assert SandboxOptions.from_query("") == SandboxOptions() == SandboxOptions(like="")


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("speed=1", "The sandbox has no option 'speed'; it has latency, "),
        ("latency=soon", "The sandbox option latency is 'soon', but must be a number."),
        ("seed=1.5", "The sandbox option seed is '1.5', but must be a whole number."),
        ("strict_models=maybe", "The sandbox option strict_models is 'maybe', but must be true or false."),
        ("latency=-1", "must be at least 0"),
        ("latency=nan", "must be at least 0"),
        ("failure_rate=2", "must be at most 1"),
        ("like=other", "must be one of generic, openai"),
        ("log_size=0", "must be at least 1"),
    ],
)
def test_a_wrong_query_is_refused_in_one_sentence(query: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r"\.$") as caught:
        SandboxOptions.from_query(query)
    assert sentence in str(caught.value)


def test_every_option_has_help_for_the_command_line() -> None:
    for option in fields(SandboxOptions):
        assert option.metadata["help"].endswith(".")


def test_the_key_is_not_shown() -> None:
    assert "marked" not in repr(SandboxOptions(key="marked"))


def test_importing_the_package_loads_neither_framework_nor_pillow() -> None:
    loaded = "{'starlette', 'PIL', 'numpy'} & set(sys.modules)"
    code = f"import sys, endpoint_nodes.extension.sandbox; print({loaded})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
