"""How a widget's dialog is laid out: groups of fields that scroll, the seldom used ones folded away."""

from collections.abc import Iterable

from AnyQt.QtCore import QSize, Qt, QTimer
from AnyQt.QtGui import QPalette
from AnyQt.QtWidgets import QFrame, QGridLayout, QGroupBox, QScrollArea, QToolButton, QVBoxLayout, QWidget

from .form import Form

__all__ = ["Fields"]


class Fields(QScrollArea):
    """Groups of a form's fields, one below the other; grows with them until the screen is full."""

    TALLEST, LABELS = 620, 165

    def __init__(self) -> None:
        super().__init__(widgetResizable=True, frameShape=QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        # Orange's dark colours leave hints in empty editors black on black.
        palette = self.palette()
        hint = palette.color(QPalette.ColorRole.Text)
        hint.setAlphaF(0.6)
        palette.setColor(QPalette.ColorRole.PlaceholderText, hint)
        self.setPalette(palette)
        self._content = QWidget()
        self._layout = QVBoxLayout(self._content)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.addStretch()
        self.setWidget(self._content)

    def add_group(self, title: str, form: Form, names: Iterable[str]) -> QGridLayout:
        """Add a titled box with the fields of `names` and return its grid."""
        box = QGroupBox(title)
        grid = QGridLayout(box)
        grid.setColumnMinimumWidth(0, self.LABELS)
        form.lay_out(grid, names)
        self._layout.insertWidget(self._layout.count() - 1, box)
        return grid

    def add_folded(self, title: str, form: Form, names: list[str]) -> None:
        """Add a box that a button unfolds; it starts unfolded where one of its fields is in use."""
        button = QToolButton(text=title, checkable=True, toolButtonStyle=Qt.ToolButtonTextBesideIcon, autoRaise=True)
        self._layout.insertWidget(self._layout.count() - 1, button)
        box = QGroupBox()
        grid = QGridLayout(box)
        grid.setColumnMinimumWidth(0, self.LABELS)
        form.lay_out(grid, names)
        self._layout.insertWidget(self._layout.count() - 1, box)

        def fold(unfolded: bool) -> None:
            button.setArrowType(Qt.DownArrow if unfolded else Qt.RightArrow)
            box.setVisible(unfolded)
            if unfolded:
                QTimer.singleShot(0, lambda: self.ensureWidgetVisible(box))

        button.toggled.connect(fold)
        fold(False)
        button.setChecked(
            any(form.rows[name].edited or (form.rows[name].flag and form.rows[name].on) for name in names)
        )

    def sizeHint(self) -> QSize:
        """Return the content's size, up to the tallest a dialog should be."""
        hint = self._content.sizeHint()
        return QSize(max(480, hint.width() + 20), min(self.TALLEST, hint.height() + 4))
