"""The plan in docs/scale.md is what its own formulas say."""

import contextlib
import io
import re
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "scale.md").read_text(encoding="utf-8")


def test_the_table_is_what_the_formulas_say() -> None:
    formulas = next(block for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if "def plan" in block)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(formulas, {})  # noqa: S102 - the page's own code
    assert said.getvalue().count("\n") == 6
    assert said.getvalue() in PAGE
