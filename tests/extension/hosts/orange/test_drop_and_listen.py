"""What is dropped on the canvas becomes a widget, and recordings can be listened to."""

import wave
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from AnyQt.QtCore import QMimeData, QUrl
from Orange.data import Domain, StringVariable, Table
from Orange.widgets.tests import base
from orangecontrib.imageanalytics.widgets.owimageimport import OWImportImages

from endpoint_nodes.extension.hosts.orange.audio_player import AudioPlayer
from endpoint_nodes.extension.hosts.orange.configuration_widget import EndpointConfiguration
from endpoint_nodes.port_types.configuration import Configuration

IMAGES = Path(__file__).parents[4] / "examples" / "images"


def dropped(path: Path) -> dict[str, dict[str, Any]]:
    """Return what the canvas would make of a drop: settings by the widget's qualified name."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    plugins = [point for point in entry_points(group="orange.canvas.drophandler") if "endpoint_nodes" in point.value]
    handlers = [point.load()() for point in plugins]
    return {
        handler.qualifiedName(): handler.parametersFromMimeData(None, data)
        for handler in handlers
        if handler.canDropMimeData(None, data)
    }


@pytest.mark.filterwarnings("ignore:QEvent constructor is deprecated")  # in Import Images
class TestDrop(base.WidgetTest):
    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path) -> None:
        self.tmp_path = tmp_path

    def test_a_folder_of_images_becomes_import_images(self) -> None:
        found = dropped(IMAGES)
        assert list(found) == ["orangecontrib.imageanalytics.widgets.owimageimport.OWImportImages"]
        widget = self.create_widget(OWImportImages, stored_settings=next(iter(found.values())))
        table = self.get_output("Data", widget=widget, wait=20_000)
        assert len(table) == len(list(IMAGES.iterdir()))
        widget.onDeleteWidget()
        assert dropped(self.tmp_path) == {}, "a folder without images is nobody's"

    def test_a_configuration_becomes_its_widget(self) -> None:
        file = self.tmp_path / "service.toml"
        file.write_text('base_url = "https://api.example.org/v1"\ncredential = "env:KEY"\nmax_requests = 7\n', "utf-8")
        found = dropped(file)
        assert list(found) == ["endpoint_nodes.extension.hosts.orange.configuration_widget.EndpointConfiguration"]
        widget = self.create_widget(EndpointConfiguration, stored_settings=next(iter(found.values())))
        assert self.get_output("Configuration", widget=widget) == Configuration(
            base_url="https://api.example.org/v1", credential="env:KEY", max_requests=7
        )
        file.write_text("[tool.black]\nline-length = 100\n", "utf-8")
        assert dropped(file) == {}, "another TOML file is nobody's"


class TestAudioPlayer(base.WidgetTest):
    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path) -> None:
        self.tmp_path = tmp_path

    def recordings(self, *names: str) -> Table:
        audio = StringVariable("audio")
        audio.attributes = {"type": "audio", "origin": str(self.tmp_path)}
        for name in names[:1]:
            with wave.open(str(self.tmp_path / name), "wb") as file:
                file.setparams((1, 2, 8000, 0, "NONE", ""))
                file.writeframes(b"\0\0" * 4000)
        cells = np.array([[f"text {number}", name] for number, name in enumerate(names)], dtype=object)
        return Table.from_numpy(
            Domain([], None, [StringVariable("text"), audio]), np.empty((len(names), 0)), None, cells
        )

    def test_recordings_are_listed_played_and_selected(self) -> None:
        widget = self.create_widget(AudioPlayer)
        self.send_signal("Data", self.recordings("a.wav", "gone.wav"), widget=widget)
        assert [widget.recordings.item(row).text() for row in (0, 1)] == ["text 0", "text 1"]
        assert len(self.get_output("Selected Data", widget=widget)) == 1
        widget.play_button.click()
        assert not list(widget.Warning.active)
        player = widget._player
        if player is not None:
            assert player.source().toLocalFile() == str(self.tmp_path / "a.wav")
        widget.play(1)
        assert "gone.wav is not there any more" in str(widget.Warning.missing)
        widget.stop_button.click()

    def test_a_table_without_recordings_is_said(self) -> None:
        widget = self.create_widget(AudioPlayer)
        self.send_signal("Data", Table("iris"), widget=widget)
        assert widget.Warning.no_recordings.is_shown()
        self.send_signal("Data", None, widget=widget)
        assert not widget.Warning.no_recordings.is_shown()
        assert self.get_output("Selected Data", widget=widget) is None
