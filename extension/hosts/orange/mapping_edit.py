"""A small table of names and values, for fields that hold a JSON object; as JSON where values are not simple."""

from typing import Any

from AnyQt.QtCore import QSignalBlocker
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QPlainTextEdit,
    QStackedWidget,
    QStyledItemDelegate,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QWidget,
)

from ....port_types.fields import Entries

__all__ = ["MappingEdit"]

SHOWN_ROWS, MOST_ROWS = 2, 6


class MappingEdit(QWidget):
    """Edits a JSON object as a table of names and values, or as text.

    Args:
        label: of the field, for screen readers.
        entries: how the object's entries are listed.
    """

    changed = Signal()

    def __init__(self, label: str, entries: Entries) -> None:
        super().__init__()
        self._entries = entries
        self._table = QTableWidget(0, 2)
        self._table.setHorizontalHeaderLabels([entries.name, entries.value])
        self._table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self._table.verticalHeader().hide()
        if entries.choices:
            self._table.setItemDelegateForColumn(1, _Choices(entries.choices, self._table))
        self._table.setTabKeyNavigation(False)
        self._text = QPlainTextEdit(placeholderText="{}", tabChangesFocus=True)
        for view in (self._table, self._text):
            view.setAccessibleName(label)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._table)
        self._pages.addWidget(self._text)
        self._as_text = QToolButton(text="{ }", checkable=True, toolTip="Edit as JSON")
        layout = QHBoxLayout(self, spacing=4)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._pages, 1)
        layout.addWidget(self._as_text)
        self.setFocusProxy(self._table)
        self._table.itemChanged.connect(self._cell_changed)
        self._text.textChanged.connect(self.changed)
        self._as_text.clicked.connect(self._switch)
        self._fill({})

    def value(self) -> Any:
        """Return the object, or the text where that is what is edited."""
        if self._as_text.isChecked():
            return self._text.toPlainText()
        return self._held()

    def set_value(self, value: Any) -> None:
        """Show an object, or the JSON text of one."""
        shown = _parsed(value)
        simple = isinstance(shown, dict) and all(self._fits(part) for part in shown.values())
        self._as_text.setChecked(not simple)
        self._pages.setCurrentIndex(not simple)
        if simple:
            self._fill(shown)
            self.changed.emit()
        else:
            self._text.setPlainText(value if isinstance(value, str) else _written(value))
        self._resize()

    def _fits(self, value: Any) -> bool:
        """Return whether a cell can hold `value`."""
        if not self._entries.json:
            return isinstance(value, str) and (not self._entries.choices or value in self._entries.choices)
        return not isinstance(value, dict | list)

    def _switch(self, as_text: bool) -> None:
        if as_text:
            held = self._held()
            self._text.setPlainText(_written(held) if held else "")
        elif isinstance(held := _parsed(self._text.toPlainText()), dict) and all(map(self._fits, held.values())):
            self._fill(held)
        else:
            # What cannot be a table stays text.
            self._as_text.setChecked(True)
            return
        self._pages.setCurrentIndex(as_text)
        self._resize()
        self.changed.emit()

    def _held(self) -> dict[str, Any]:
        return {name: _read(value) if self._entries.json else value for name, value in self._rows() if name}

    def _rows(self) -> list[tuple[str, str]]:
        cells = [[self._table.item(row, column) for column in (0, 1)] for row in range(self._table.rowCount())]
        return [(name.text().strip() if name else "", value.text() if value else "") for name, value in cells]

    def _fill(self, held: dict[str, Any]) -> None:
        with QSignalBlocker(self._table):
            self._table.setRowCount(len(held))
            for row, (name, value) in enumerate(held.items()):
                self._table.setItem(row, 0, QTableWidgetItem(name))
                self._table.setItem(row, 1, QTableWidgetItem(_shown(value) if self._entries.json else str(value)))
        self._keep_empty_row()

    def _cell_changed(self) -> None:
        self._keep_empty_row()
        self.changed.emit()

    def _keep_empty_row(self) -> None:
        """Keep one empty row at the end, in which the next name is entered."""
        rows = self._rows()
        if not rows or any(rows[-1]):
            self._table.insertRow(len(rows))
        self._resize()

    def _resize(self) -> None:
        rows = min(max(self._table.rowCount(), SHOWN_ROWS), MOST_ROWS)
        height = self._table.horizontalHeader().sizeHint().height() + rows * self._table.rowHeight(0) + 4
        self._pages.setFixedHeight(height)


class _Choices(QStyledItemDelegate):
    """Edits a cell by choosing one of a few values."""

    def __init__(self, choices: tuple[str, ...], parent: QWidget) -> None:
        super().__init__(parent)
        self._choices = choices

    def createEditor(self, parent: QWidget, option: Any, index: Any) -> QWidget:
        combo = QComboBox(parent)
        combo.addItems(self._choices)
        combo.activated.connect(lambda _: self.commitData.emit(combo))
        return combo

    def setEditorData(self, editor: QComboBox, index: Any) -> None:
        editor.setCurrentText(index.data() or self._choices[0])

    def setModelData(self, editor: QComboBox, model: Any, index: Any) -> None:
        model.setData(index, editor.currentText())


def _parsed(value: Any) -> Any:
    """Return the object that a text holds; what is no JSON stays text."""
    import msgspec

    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except msgspec.DecodeError:
        return {} if not value.strip() else value


def _read(text: str) -> Any:
    """Return the value of a cell: what it says as JSON, or its text."""
    return _parsed(text) if text.strip() else text


def _shown(value: Any) -> str:
    """Return what a cell shows for `value`: a text as it is, unless it would be read as something else."""
    return value if isinstance(value, str) and _read(value) == value else _written(value)


def _written(value: Any) -> str:
    import msgspec

    return msgspec.json.encode(value).decode()
