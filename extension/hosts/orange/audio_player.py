"""The Audio Player widget: recordings of a table, to listen to and to choose from."""

import contextlib
from pathlib import Path
from typing import Any

from AnyQt.QtCore import QUrl
from AnyQt.QtGui import QDesktopServices
from AnyQt.QtWidgets import QHBoxLayout, QListWidget, QPushButton
from Orange.data import StringVariable, Table
from Orange.widgets.widget import Input, Msg, Output, OWWidget

from ....port_types.table import ColumnKind
from .inputs import captions, file_path

__all__ = ["AudioPlayer"]


class AudioPlayer(OWWidget):
    """Plays the recordings of a table; the rows that are selected go on."""

    name = "Audio Player"
    id = "endpoint_nodes.audio_player"
    description = "Plays the recordings of a table, such as those of Create Speech; selected rows go on."
    icon = "icons/audio-player.svg"
    priority = 60
    keywords = "audio, sound, recording, listen, play, speech, mp3, wav"
    want_main_area = False

    class Inputs:
        data = Input("Data", Table)

    class Outputs:
        selected = Output("Selected Data", Table, default=True)

    class Warning(OWWidget.Warning):
        no_recordings = Msg("The table has no column of recordings.")
        missing = Msg("{} is not there any more.")

    def __init__(self) -> None:
        super().__init__()
        self.data: Table | None = None
        self._paths: list[str] = []
        self._player: Any = None
        self.recordings = QListWidget(selectionMode=QListWidget.SelectionMode.ExtendedSelection)
        self.recordings.setAccessibleName("Recordings")
        self.recordings.itemSelectionChanged.connect(self._selected)
        self.recordings.itemActivated.connect(lambda item: self.play(self.recordings.row(item)))
        self.play_button = QPushButton("Play", autoDefault=False)
        self.play_button.clicked.connect(lambda: self.play(self.recordings.currentRow()))
        self.stop_button = QPushButton("Stop", autoDefault=False)
        self.stop_button.clicked.connect(self.stop)
        buttons = QHBoxLayout()
        buttons.addWidget(self.play_button)
        buttons.addWidget(self.stop_button)
        self.controlArea.layout().addWidget(self.recordings)
        self.controlArea.layout().addLayout(buttons)

    @Inputs.data
    def set_data(self, data: Table | None) -> None:
        """List the recordings of the first column that holds some."""
        self.stop()
        self.Warning.clear()
        self.data, self._paths = data, []
        self.recordings.clear()
        if data is None:
            return
        column = next((v for v in data.domain.metas if v.attributes.get("type") == ColumnKind.AUDIO.value), None)
        if not isinstance(column, StringVariable):
            self.Warning.no_recordings()
            return
        self._paths = [file_path(str(name), column) if name else "" for name in data.get_column(column)]
        self.recordings.addItems(captions(data))
        self.recordings.setCurrentRow(0)

    def play(self, row: int) -> None:
        """Play the recording of a row, here or with the program that the computer has for it."""
        if not 0 <= row < len(self._paths) or not self._paths[row]:
            return
        url = QUrl.fromUserInput(self._paths[row])
        self.Warning.missing.clear()
        if url.isLocalFile() and not Path(url.toLocalFile()).is_file():
            self.Warning.missing(self._paths[row])
        elif (player := self._made_player()) is None:
            QDesktopServices.openUrl(url)
        else:
            player.setSource(url)
            player.play()

    def stop(self) -> None:
        """Stop what is playing."""
        if self._player is not None:
            self._player.stop()

    def _made_player(self) -> Any:
        """Return Qt's player, None where Qt was installed without one."""
        if self._player is None:
            # It needs libraries for sound that a computer may lack.
            with contextlib.suppress(ImportError):
                from AnyQt.QtMultimedia import QAudioOutput, QMediaPlayer

                self._player = QMediaPlayer(self)
                self._player.setAudioOutput(QAudioOutput(self))
        return self._player

    def _selected(self) -> None:
        rows = sorted(index.row() for index in self.recordings.selectedIndexes())
        self.Outputs.selected.send(self.data[rows] if self.data is not None and rows else None)

    def onDeleteWidget(self) -> None:
        """Fall silent."""
        self.stop()
        super().onDeleteWidget()
