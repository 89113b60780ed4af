"""The button that asks a service whether it answers, and takes the key."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from urllib.parse import urlsplit

from AnyQt.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget
from Orange.widgets.utils.concurrent import FutureWatcher

from ....port_types.configuration import Configuration
from ....port_types.errors import RunStopped, StopReason
from ...engine.known_models import Model
from ...engine.model_list import ask_for_models
from ..kit.progress import count
from ..kit.wording import for_dialog
from .binding import sentence_of
from .consent import place_of

__all__ = ["ServiceCheck"]


class ServiceCheck(QWidget):
    """Asks the service for its models, which costs nothing, and says what came of it.

    Args:
        configuration: gives what is to be tested, None while there is nothing valid.
    """

    def __init__(self, configuration: Callable[[], Configuration | None]) -> None:
        super().__init__()
        self._configuration = configuration
        self._asking = ThreadPoolExecutor(max_workers=1)
        self.button = QPushButton("Test", autoDefault=False)
        self.button.setToolTip("Asks the service for its list of models, with the key; that costs nothing.")
        self.button.clicked.connect(self._ask)
        self.verdict = QLabel(wordWrap=True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.button)
        layout.addWidget(self.verdict, 1)

    def clear(self) -> None:
        """Forget the verdict on another Configuration."""
        self.verdict.clear()

    def close(self) -> bool:
        """Wait for nothing: a question under way ends by itself within seconds."""
        self._asking.shutdown(wait=False, cancel_futures=True)
        return bool(super().close())

    def _ask(self) -> None:
        if (configuration := self._configuration()) is None:
            return
        self.button.setEnabled(False)
        self.verdict.setText(f"asking {place_of(configuration)} …")
        asked = self._asking.submit(ask_for_models, configuration)
        FutureWatcher(asked, self).done.connect(lambda future: self._answered(configuration, future))

    def _answered(self, configuration: Configuration, future: "Future[list[Model]]") -> None:
        self.button.setEnabled(True)
        if configuration == self._configuration():
            self.verdict.setText(_verdict(configuration, future))


def _verdict(configuration: Configuration, future: "Future[list[Model]]") -> str:
    place, error = place_of(configuration), future.exception()
    if error is None:
        return f"{place} answers: {count(len(future.result()), 'model')}."
    has_path = urlsplit(configuration.base_url).path not in ("", "/")
    if has_path and isinstance(error, RunStopped) and error.reason is StopReason.ROUTE:
        return f"{place} answers, but lists no models."
    return for_dialog(sentence_of(error))
