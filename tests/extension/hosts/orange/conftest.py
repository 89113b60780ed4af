"""Orange in a home of its own, without a screen, and a pack with nodes that Orange has never heard of.

All of it must be there before anything of Orange or of the nodes is imported.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

HOME = Path(tempfile.mkdtemp(prefix="orange-tests-"))
for kind in ("DATA", "CONFIG", "CACHE", "STATE"):
    os.environ[f"XDG_{kind}_HOME"] = str(HOME / kind.lower())
os.environ["QT_QPA_PLATFORM"] = "offscreen"

PACK = HOME / "pack"
shutil.copytree(Path(__file__).with_name("pack"), PACK / "sample_pack")
DISTRIBUTION = PACK / "sample_pack-1.0.dist-info"
DISTRIBUTION.mkdir()
(DISTRIBUTION / "METADATA").write_text("Metadata-Version: 2.1\nName: sample-pack\nVersion: 1.0\n", encoding="utf-8")
(DISTRIBUTION / "entry_points.txt").write_text("[endpoint_nodes.packs]\nsample = sample_pack\n", encoding="utf-8")
sys.path.append(str(PACK))


@pytest.fixture(scope="session", autouse=True)
def home() -> Iterator[Path]:
    """Give Orange's home, and remove it in the end."""
    yield HOME
    shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture(autouse=True)
def no_preferences() -> None:
    """Let no test start with what another one made Orange remember."""
    from AnyQt.QtCore import QSettings

    QSettings("endpoint-nodes", "orange").clear()


@pytest.fixture
def serve(request: pytest.FixtureRequest, sandbox_server: Callable[..., str]) -> None:
    """Give a test class `self.serve`, which starts a sandbox and returns its base url."""
    request.instance.serve = sandbox_server
