"""Path cells and knime:// addresses: which file of this machine they mean, if any."""

from pathlib import Path

import pytest
from knime.types.builtin import FSLocationValue

from endpoint_nodes.extension.hosts.knime_nodes.paths import WorkflowPaths


@pytest.fixture
def workflow(tmp_path: Path) -> Path:
    """A workflow in a group of a local workspace."""
    (tmp_path / ".metadata").mkdir()
    made = tmp_path / "group" / "flow"
    (made / "data").mkdir(parents=True)
    return made


@pytest.mark.parametrize(
    ("category", "specifier", "path", "file"),
    [
        ("LOCAL", None, "/photos/a.png", "/photos/a.png"),
        ("RELATIVE", "knime.workflow.data", "photos/a.png", "{workflow}/data/photos/a.png"),
        ("RELATIVE", "knime.workflow", "../a.png", "{workspace}/group/a.png"),
        ("RELATIVE", "knime.mountpoint", "/group/a.png", "{workspace}/group/a.png"),
        ("RELATIVE", "knime.space", "a.png", "{workspace}/a.png"),
        ("MOUNTPOINT", "LOCAL", "/a.png", "{workspace}/a.png"),
        ("MOUNTPOINT", "My-Hub", "/a.png", "knime://My-Hub/a.png"),
        ("HUB_SPACE", "*42", "/a.png", "hub-space://*42/a.png"),
        ("CONNECTED", "amazon-s3:eu", "/bucket/a.png", "connected://amazon-s3:eu/bucket/a.png"),
        ("CUSTOM_URL", "1000", "https://example.com/a.png", "https://example.com/a.png"),
        ("CUSTOM_URL", "1000", "knime://knime.workflow/data/a%20b.png", "{workflow}/data/a b.png"),
        ("RELATIVE", "knime.workflow.data", "../../../../a.png", "knime://knime.workflow.data/../../../../a.png"),
    ],
)
def test_a_path_cell_is_a_file_here_or_a_whole_address(
    category: str, specifier: str | None, path: str, file: str, workflow: Path
) -> None:
    expected = file.format(workflow=workflow, workspace=workflow.parents[1])
    assert WorkflowPaths(str(workflow / "data")).plain(FSLocationValue(category, specifier, path)) == expected


def test_a_job_outside_a_workspace_has_its_data_area_only(tmp_path: Path) -> None:
    paths = WorkflowPaths(str(tmp_path / "job" / "data"))
    here = FSLocationValue("RELATIVE", "knime.workflow.data", "a.png")
    elsewhere = FSLocationValue("RELATIVE", "knime.mountpoint", "/photos/a.png")
    assert paths.plain([here, elsewhere, "b.png"]) == [
        str(tmp_path / "job" / "data" / "a.png"),
        "knime://knime.mountpoint/photos/a.png",
        "b.png",
    ]
    assert paths.plain("knime://LOCAL/a.png") == "knime://LOCAL/a.png"
