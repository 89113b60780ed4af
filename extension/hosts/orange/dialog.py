"""How a widget's dialog is laid out: groups of fields that scroll, the seldom used ones folded away."""

from collections.abc import Iterable, Iterator

from AnyQt.QtCore import QSize, Qt, QTimer
from AnyQt.QtGui import QPalette, QResizeEvent, QShowEvent
from AnyQt.QtWidgets import QFormLayout, QFrame, QGroupBox, QScrollArea, QToolButton, QVBoxLayout, QWidget

from ....nodes.base import Node
from .form import Form

__all__ = ["Fields", "lay_out_fields"]


class Fields(QScrollArea):
    """Groups of a form's fields, one below the other; grows with them until the screen is full."""

    TALLEST, NARROW = 620, 560
    """Pixels: most height asked for, and the width below which labels stand above their fields."""

    def __init__(self) -> None:
        super().__init__(widgetResizable=True, frameShape=QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        # Orange's dark colours leave hints in empty editors black on black, and neither of its colours greys out texts.
        palette = self.palette()
        window = palette.color(QPalette.ColorRole.Window)
        palette.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Base, window)
        hint = palette.color(QPalette.ColorRole.Text)
        hint.setAlphaF(0.6)
        palette.setColor(QPalette.ColorRole.PlaceholderText, hint)
        self.setPalette(palette)
        self._groups: list[QFormLayout] = []
        self._content = QWidget()
        self._layout = QVBoxLayout(self._content)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.addStretch()
        self.setWidget(self._content)

    def add_group(self, title: str, form: Form, names: Iterable[str]) -> QFormLayout:
        """Add a titled box with the fields of `names` and return its layout."""
        box = QGroupBox(title)
        layout = QFormLayout(box, fieldGrowthPolicy=QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.lay_out(layout, names)
        self._groups.append(layout)
        self._layout.insertWidget(self._layout.count() - 1, box)
        return layout

    def add_folded(self, title: str, form: Form, names: list[str]) -> None:
        """Add a box that a button unfolds; it starts unfolded where one of its fields is in use."""
        button = QToolButton(text=title, checkable=True, toolButtonStyle=Qt.ToolButtonTextBesideIcon, autoRaise=True)
        self._layout.insertWidget(self._layout.count() - 1, button)
        box = self.add_group("", form, names).parentWidget()

        def fold(unfolded: bool) -> None:
            button.setArrowType(Qt.DownArrow if unfolded else Qt.RightArrow)
            box.setVisible(unfolded)
            if unfolded:
                QTimer.singleShot(0, lambda: self.ensureWidgetVisible(box))

        button.toggled.connect(fold)
        fold(False)
        button.setChecked(any(form.rows[name].changed_by_user for name in names))

    def showEvent(self, event: QShowEvent) -> None:
        """Align the fields of all groups: every label gets the width of the widest one."""
        super().showEvent(event)
        labels = [label for layout in self._groups for label in _labels(layout)]
        widest = max((label.sizeHint().width() for label in labels), default=0)
        for label in labels:
            label.setMinimumWidth(widest)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put labels above their fields where the window is narrow."""
        super().resizeEvent(event)
        narrow = self.viewport().width() < self.NARROW
        policy = QFormLayout.RowWrapPolicy.WrapAllRows if narrow else QFormLayout.RowWrapPolicy.DontWrapRows
        for layout in self._groups:
            layout.setRowWrapPolicy(policy)

    def sizeHint(self) -> QSize:
        """Return the content's size, up to the tallest a dialog should be."""
        hint = self._content.sizeHint()
        return QSize(max(self.NARROW + 20, hint.width() + 20), min(self.TALLEST, hint.height() + 4))

    def minimumSizeHint(self) -> QSize:
        """Return a size that fits beside other windows; what does not fit scrolls."""
        return QSize(300, 200)


def _labels(layout: QFormLayout) -> Iterator[QWidget]:
    for row in range(layout.rowCount()):
        item = layout.itemAt(row, QFormLayout.ItemRole.LabelRole)
        if item is not None and item.widget() is not None:
            yield item.widget()


def lay_out_fields(node: type[Node], form: Form) -> tuple[Fields, QFormLayout]:
    """Return the fields of a node in their groups, and the layout of the group about its results."""
    common, fields, area = Node.fields(), node.fields(), Fields()
    shown = [name for name in form.rows if not fields[name].advanced]
    if own := [name for name in shown if name not in common]:
        area.add_group("Request", form, own)
    results = area.add_group("Result", form, [name for name in shown if name in common])
    seldom = [name for name in form.rows if fields[name].advanced]
    area.add_folded("More", form, sorted(seldom, key=lambda name: name in common))
    return area, results
