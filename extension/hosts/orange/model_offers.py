"""Drop-downs of models, filled by what the service says it has."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from AnyQt.QtCore import QObject
from Orange.widgets.utils.concurrent import FutureWatcher

from ....port_types.configuration import Configuration
from ....port_types.fields import Field
from ...engine.known_models import Model, recall
from ...engine.model_list import list_models
from .form import Form

__all__ = ["ModelOffers"]


class ModelOffers(QObject):
    """Asks a service for its models in a thread of its own, and offers them where a form has fields for one.

    Args:
        form: the form whose drop-downs are filled.
        say: shows a sentence in the dialog.
        failed: told why the service cannot be asked, if the user asked.
    """

    def __init__(self, form: Form, say: Callable[[str], None], failed: Callable[[BaseException], object]) -> None:
        super().__init__()
        self._form, self._say, self._failed = form, say, failed
        self._asking = ThreadPoolExecutor(max_workers=1)
        self._offered: Configuration | None = None

    def fill(self, configuration: Configuration, *, ask: bool) -> None:
        """Offer the service's models, once for each Configuration.

        Args:
            configuration: names the service.
            ask: whether the service may be asked; else only a list that is known is offered.
        """
        fields = [row.field for row in self._form.rows.values() if callable(row.field.suggestions)]
        known = recall(configuration)
        if not fields or configuration == self._offered or (known is None and not ask):
            return
        self._offered = configuration
        if known is not None:
            self._offer(fields, known)
        else:
            self._submit(configuration, fields, lambda _: None)

    def ask(self, field: Field, configuration: Configuration) -> None:
        """Ask for the models because the user wants to choose one for `field`."""
        self._say("asking the service for its models …")
        self._submit(configuration, [field], self._failed)

    def _submit(
        self, configuration: Configuration, fields: list[Field], failed: Callable[[BaseException], object]
    ) -> None:
        def answered(future: "Future[list[Model]]") -> None:
            self._say("")
            if error := future.exception():
                failed(error)
            else:
                self._offer(fields, future.result())

        FutureWatcher(self._asking.submit(list_models, configuration), self).done.connect(answered)

    def _offer(self, fields: list[Field], models: list[Model]) -> None:
        names = [model.id for model in models]
        for field in fields:
            fit = field.suggestions(names) if callable(field.suggestions) else names
            self._form.rows[field.name].offer(fit, [name for name in names if name not in fit])
            self._say(f"The service lists {len(names)} models; {len(fit)} of them look fit for this.")

    def close(self) -> None:
        """Wait for nothing: a question under way ends by itself within seconds."""
        self._asking.shutdown(wait=False, cancel_futures=True)
