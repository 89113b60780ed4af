"""The committed example images are what their script draws, and cover the shapes a newcomer meets."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

EXAMPLES = Path(__file__).parents[2] / "examples"
IMAGES = sorted((EXAMPLES / "images").iterdir())


@pytest.fixture(scope="module")
def redrawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the scripts, run twice: the second run may not change a byte."""
    folder = tmp_path_factory.mktemp("examples")
    for script in ("canvas.py", "draw_images.py"):
        (folder / script).write_bytes((EXAMPLES / script).read_bytes())
    runs = []
    for _ in range(2):
        subprocess.run([sys.executable, folder / "draw_images.py"], check=True)
        runs.append({path.name: path.read_bytes() for path in (folder / "images").iterdir()})
    assert runs[0] == runs[1]
    return folder / "images"


def test_the_script_draws_every_committed_image_and_no_other(redrawn: Path) -> None:
    assert sorted(path.name for path in redrawn.iterdir()) == [path.name for path in IMAGES]


@pytest.mark.parametrize("path", IMAGES, ids=lambda path: path.name)
def test_the_script_draws_the_committed_pixels(redrawn: Path, path: Path) -> None:
    with Image.open(path) as committed, Image.open(redrawn / path.name) as drawn:
        assert (drawn.format, drawn.mode, drawn.size) == (committed.format, committed.mode, committed.size)
        difference = ImageStat.Stat(ImageChops.difference(drawn, committed))
    # Releases of Pillow and of its JPEG library round pixels differently; a changed drawing is further off.
    assert max(difference.mean) < 0.5


def test_images_are_small_and_of_several_shapes() -> None:
    kinds = []
    for path in IMAGES:
        assert path.stat().st_size < 60_000
        with Image.open(path) as image:
            kinds.append((image.format, image.mode, image.width == image.height, image.size))
    assert len(kinds) >= 7
    assert sum(kind[0] == "PNG" and kind[2] for kind in kinds) >= 4
    assert any(not kind[2] for kind in kinds)
    assert any(kind[0] == "JPEG" for kind in kinds)
    assert any(kind[1] == "RGBA" for kind in kinds)
    assert len({kind[3] for kind in kinds}) >= 5


def test_the_product_table_names_every_image_once() -> None:
    with (EXAMPLES / "products.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["sku", "name", "photo", "prompt"]
    assert sorted(EXAMPLES / row["photo"] for row in rows) == IMAGES
    assert len({row["sku"] for row in rows}) == len(rows)
    assert all(row["name"] and row["prompt"] for row in rows)
