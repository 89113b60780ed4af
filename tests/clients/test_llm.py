"""The command `llm`, as its first page uses it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def llm(*arguments: str | Path, given: str | None = None) -> str:
    """Run the command and return what it prints."""
    done = subprocess.run(
        [Path(sys.executable).with_name("llm"), *arguments], input=given, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_prompt_is_answered_as_a_stream() -> None:
    answer = llm("Ten fun names for a pet pelican")
    assert "You wrote: Ten fun names for a pet pelican" in answer
    assert llm("Ten fun names for a pet pelican", "--no-stream") == answer


def test_a_model_by_name_a_system_prompt_and_standard_input() -> None:
    answer = llm("-m", "gpt-4o", "-s", "Explain this code", given="print(1)")
    assert "You wrote: print(1)" in answer


def test_an_image_is_attached(photo: Path) -> None:
    assert "PNG image" in llm("-m", "gpt-4o", "describe this image", "-a", photo)


def test_a_schema_gives_json() -> None:
    dog = json.loads(llm("-m", "gpt-4o", "--schema", "name, age int, short_bio", "invent a dog"))
    assert set(dog) == {"name", "age", "short_bio"}
    assert isinstance(dog["age"], int)


def test_a_conversation_goes_on() -> None:
    llm("-m", "gpt-4o", "My name is Ada")
    assert "You wrote: What is it?" in llm("-c", "What is it?")


def test_a_tool_is_called() -> None:
    function = "def multiply(x: int, y: int) -> int:\n    return x * y\n"
    assert "The function returned: " in llm("-m", "gpt-4o", "--functions", function, "multiply 2 by 3")


def test_text_is_embedded() -> None:
    vector = json.loads(llm("embed", "-m", "3-small", "-c", "This is text to embed"))
    assert len(vector) == 256
