"""A line of a dialog that holds the path of a file or a folder, with a button to browse for it."""

from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QToolButton, QWidget

__all__ = ["PathEdit"]


class PathEdit(QWidget):
    """A path, typed or chosen.

    Args:
        placeholder: what an empty line says.
        folder: whether to browse for a folder, not for a file.
    """

    changed = Signal()
    """Emitted when a path was chosen, or typing has come to its end."""

    def __init__(self, placeholder: str, *, folder: bool = False) -> None:
        super().__init__()
        self._folder = folder
        self.line = QLineEdit(placeholderText=placeholder)
        self.line.editingFinished.connect(self.changed)
        self.button = QToolButton(text="…", toolTip="Choose a folder" if folder else "Choose a file")
        self.button.clicked.connect(self._browse)
        layout = QHBoxLayout(self, spacing=4)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.line, 1)
        layout.addWidget(self.button)
        self.setFocusProxy(self.line)

    def path(self) -> str:
        """Return the path as it stands in the line."""
        return str(self.line.text()).strip()

    def set_path(self, path: str) -> None:
        """Show `path`."""
        self.line.setText(path)

    def _browse(self) -> None:
        title = self.button.toolTip()
        if self._folder:
            chosen = QFileDialog.getExistingDirectory(self, title, self.path())
        else:
            chosen, _ = QFileDialog.getOpenFileName(self, title, self.path())
        if chosen:
            self.set_path(chosen)
            self.changed.emit()
