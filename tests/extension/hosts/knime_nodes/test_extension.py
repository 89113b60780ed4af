"""What KNIME reads of the extension before any of its code: files, versions, dependencies, icons, the entry."""

import json
import logging
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops

from endpoint_nodes.extension.hosts.knime_nodes.category import icon_of
from endpoint_nodes.extension.hosts.knime_nodes.draw_icons import ICONS, icons

ROOT = Path(__file__).parents[4]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PIXI = tomllib.loads((ROOT / "pixi.toml").read_text(encoding="utf-8"))
OTHER_HOSTS = {"click", "rich", "uvicorn"}
"""What only the command line imports."""


def knime_yml() -> dict[str, str]:
    lines = (ROOT / "knime.yml").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition(": ") for line in lines if re.match(r"[a-z_]+: ", line))
    return {name: value.strip('"') for name, _, value in pairs}


def test_knime_yml_says_what_the_project_says() -> None:
    told = knime_yml()
    assert told["version"] == PROJECT["version"]
    assert told["description"] == PROJECT["description"]
    for name in ("license_file", "pixi_toml_path"):
        assert (ROOT / told[name]).is_file()
    assert (ROOT / told["extension_module"]).with_suffix(".py").is_file()


def test_the_environment_has_what_the_code_needs() -> None:
    needed = dict(re.fullmatch(r"([\w-]+)(.*)", requirement).groups() for requirement in PROJECT["dependencies"])  # type: ignore[union-attr]
    given = {name: limits for name, limits in PIXI["dependencies"].items() if not re.match("python$|knime-", name)}
    assert given == {name: limits for name, limits in needed.items() if name not in OTHER_HOSTS}


def test_the_environments_are_those_of_knimes_template() -> None:
    assert PIXI["workspace"]["channels"] == ["knime", "conda-forge"]
    assert {"build", "test", "debug"} <= set(PIXI["environments"])
    assert {"build", "register-debug-in-knime"} <= set(PIXI["feature"]["build"]["tasks"])


def test_knime_finds_the_extension_under_the_id_of_knime_yml() -> None:
    told = knime_yml()
    identity = f"{told['group_id']}.{told['name']}"
    assert (ROOT / "config.yml").read_text(encoding="utf-8").count(f"\n{identity}:") == 1
    assert f'EXTENSION = "{identity}"' in (ROOT / "examples/knime_workflows/write_knime_workflows.py").read_text(
        encoding="utf-8"
    )


def test_knime_may_bring_every_python_that_the_code_runs_on() -> None:
    lowest = re.fullmatch(r">=(3\.\d+)", PROJECT["requires-python"])
    assert lowest
    assert PIXI["dependencies"]["python"].startswith(f">={lowest[1]},<")


def test_icons_are_drawn_anew_when_a_node_is_added() -> None:
    drawn = dict(icons())
    assert {path.name for path in ICONS.glob("*.png")} == set(drawn), "run the module draw_icons"
    for name, picture in drawn.items():
        with Image.open(ICONS / name) as kept:
            assert kept.size in {(16, 16), (32, 32)}
            difference = ImageChops.difference(kept.convert("RGBA"), picture)
            # Another release of Pillow may round an edge differently.
            assert max(high for _, high in difference.getextrema()) < 32, f"{name} is out of date; run draw_icons"


def test_a_pack_may_bring_an_icon(tmp_path: Path) -> None:
    own = tmp_path / "rerank.png"
    own.touch()
    assert (ROOT / icon_of("rerank", str(own))).resolve() == own.resolve()
    own.unlink()
    assert icon_of("rerank", str(own)) == icon_of("some_other_node")


def test_nodes_of_other_packs_share_an_icon() -> None:
    assert icon_of("some_other_node") == "extension/hosts/knime_nodes/icons/node.png"


@pytest.fixture(scope="module")
def loaded() -> dict[str, Any]:
    """What a fresh Python knows after importing the entry as KNIME does: its folder first on the path."""
    entry = ROOT / knime_yml()["extension_module"]
    program = (
        "import importlib, json, logging, sys; logging.getLogger().setLevel(logging.DEBUG)\n"
        f"import knime.extension as knext; importlib.import_module({entry.name!r})\n"
        "import endpoint_nodes.nodes\n"
        "print(json.dumps({'modules': sorted(sys.modules), 'nodes': list(knext.NODES), "
        "'file': endpoint_nodes.nodes.__file__, 'level': logging.getLogger('httpcore').getEffectiveLevel()}))"
    )
    path = os.pathsep.join([str(entry.parent), str(Path(__file__).parent / "stand_in")])
    # -S leaves the installed package out of it; only what the entry itself puts on the path counts.
    environment = {"PYTHONPATH": os.pathsep.join([path, *(p for p in sys.path if p.endswith("site-packages"))])}
    ended = subprocess.run(
        [sys.executable, "-S", "-c", program], capture_output=True, text=True, env=environment, check=True
    )
    return dict(json.loads(ended.stdout))


def test_the_entry_runs_from_the_plain_folder(loaded: dict[str, Any], nodes: dict[str, Any]) -> None:
    assert loaded["file"] == str(ROOT / "nodes" / "__init__.py")
    assert {node_id for node_id in nodes if node_id != "every_kind"} == set(loaded["nodes"])


def test_loading_imports_nothing_heavy(loaded: dict[str, Any]) -> None:
    assert not {"httpx", "pandas", "starlette", "keyring", "soundfile"} & set(loaded["modules"])


def test_requests_are_not_logged_even_at_debug(loaded: dict[str, Any]) -> None:
    assert loaded["level"] == logging.WARNING
