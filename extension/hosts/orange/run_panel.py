"""The foot of a node's dialog: what a run would send, the buttons that start and stop it, and how far it is."""

from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QSpinBox, QVBoxLayout, QWidget

from .preferences import ask_above, remember_ask_above

__all__ = ["RunPanel"]


class RunPanel(QWidget):
    """Says what a run would send, starts and stops it, and says how far it is.

    Attributes:
        run_button: starts a run.
        cancel_button: stops it.
        again_button: asks for other responses to the same requests.
        automatically: whether the run starts by itself when the input changes.
        forecast: what pressing Run would send.
        status: how far the run is, or how it ended.
    """

    automatic_changed = Signal(bool)

    def __init__(self, *, automatic: bool) -> None:
        super().__init__()
        self.run_button = QPushButton("Run", autoDefault=False)
        self.cancel_button = QPushButton("Cancel", autoDefault=False, enabled=False)
        self.again_button = QPushButton("Ask again", autoDefault=False)
        self.again_button.setToolTip(
            "Asks for another response to every request and raises Take, which says which ones are shown. The former "
            "responses stay in the cache: lower Take to go back to them."
        )
        self.automatically = QCheckBox("Run automatically", checked=automatic)
        self.automatically.setToolTip(
            "Runs whenever the input changes. Off at first, because requests can cost money; a workflow that was just "
            "opened waits until you have pressed Run once."
        )
        self.automatically.toggled.connect(self.automatic_changed)
        self._ask_above = QSpinBox(minimum=0, maximum=1_000_000, singleStep=100, value=ask_above())
        self._ask_above.setToolTip("Before a run of more requests than this you are asked; it holds for every node.")
        self._ask_above.setAccessibleName("Ask before a run of more requests than")
        self._ask_above.valueChanged.connect(remember_ask_above)
        self.forecast, self.status = QLabel(wordWrap=True), QLabel(wordWrap=True)
        self._lay_out()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.forecast)
        buttons, choices = QHBoxLayout(), QHBoxLayout()
        for button in (self.run_button, self.cancel_button, self.again_button):
            buttons.addWidget(button)
        choices.addWidget(self.automatically, 1)
        choices.addWidget(QLabel("Ask above"))
        choices.addWidget(self._ask_above)
        choices.addWidget(QLabel("requests"))
        layout.addLayout(buttons)
        layout.addLayout(choices)
        layout.addWidget(self.status)

    def set_running(self, running: bool) -> None:
        """Offer what can be done while a run is under way, or while none is."""
        self.run_button.setEnabled(not running)
        self.again_button.setEnabled(not running)
        self.cancel_button.setEnabled(running)
