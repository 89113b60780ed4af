"""From a declared field to the Qt control that edits its value."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from AnyQt.QtCore import QEvent, QObject, QSignalBlocker, Qt
from AnyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QWidget,
)

from ....port_types.fields import Field, FieldKind, Mode
from ..kit.fields import MEDIA_KINDS, PATH_KINDS, starting_value
from .mapping_edit import MappingEdit
from .path_edit import PathEdit

__all__ = ["Editor", "Suggest", "make_editor"]

SPIN_LIMIT = 2**31 - 1
"""Qt's spin boxes hold no larger numbers; a line of text does."""
TEMPLATE_HINT = "{column} stands for its value"
_NUMBERS = (FieldKind.INTEGER, FieldKind.NUMBER)

Suggest = Callable[[Field], None]
"""Asks for a field's suggestions, which are handed to its editor's `offer` when they have come."""


@dataclass(frozen=True)
class Editor:
    """A control and how to read, write and watch its value.

    Values are plain Python ones that a workflow file can hold; a field's own check makes them exact.
    """

    widget: QWidget
    get: Callable[[], Any]
    set: Callable[[Any], None]
    changed: Any
    offer: Callable[[Sequence[str], Sequence[str]], None] | None = None
    """Fills a drop-down with values that fit, and then others."""


def make_editor(field: Field, suggest: Suggest | None = None) -> Editor:
    """Return the control for `field`, showing what it starts with.

    Args:
        field: what to edit.
        suggest: who knows the suggestions of fields whose suggestions come from the service.
    """
    editor = _editor(field, suggest)
    if (start := starting_value(field)) is not None:
        editor.set(start)
    editor.widget.setToolTip(field.help)
    editor.widget.setAccessibleName(field.label)
    return editor


def _editor(field: Field, suggest: Suggest | None) -> Editor:
    if field.many:
        return _choices_list(field) if field.choices else _lines(field)
    if field.kind is FieldKind.CHOICE:
        return _choice([str(choice) for choice in field.choices], field.choices)
    if field.kind is FieldKind.BOOLEAN:
        return _check() if field.mode is Mode.SETTING else _choice(["true", "false"], (True, False))
    if field.kind in _NUMBERS and field.minimum is not None and field.maximum is not None:
        return _spin(field) if -SPIN_LIMIT <= field.minimum <= field.maximum <= SPIN_LIMIT else _line(field)
    if field.kind in MEDIA_KINDS:
        return _path("a file or a url")
    if field.kind in PATH_KINDS:
        return _path(_hint(field), folder=field.kind is FieldKind.FOLDER)
    if field.suggestions:
        return _suggestions(field, suggest)
    if field.entries:
        edit = MappingEdit(field.label, field.entries)
        return Editor(edit, edit.value, edit.set_value, edit.changed)
    return _text(field) if field.multiline or field.kind is FieldKind.JSON else _line(field)


def _line(field: Field) -> Editor:
    edit = QLineEdit(placeholderText=_hint(field))
    return Editor(edit, edit.text, lambda value: edit.setText(_shown(value)), edit.editingFinished)


def _text(field: Field) -> Editor:
    kind = "JSON" if field.kind is FieldKind.JSON else TEMPLATE_HINT if field.sent else ""
    edit = _PlainText(placeholderText=_hint(field) or kind)
    return Editor(edit, edit.toPlainText, lambda value: edit.setPlainText(_shown(value)), edit.textChanged)


def _lines(field: Field) -> Editor:
    edit = _PlainText(placeholderText="a JSON array" if field.kind is FieldKind.JSON else "one per line")

    def get() -> Any:
        text = edit.toPlainText()
        return text if text.lstrip().startswith("[") else [line for line in text.splitlines() if line.strip()]

    def put(value: Any) -> None:
        edit.setPlainText("\n".join(map(_shown, value)) if isinstance(value, list | tuple) else _shown(value))

    if field.kind not in MEDIA_KINDS:
        return Editor(edit, get, put, edit.textChanged)

    def choose() -> None:
        paths, _ = QFileDialog.getOpenFileNames(edit, "Choose files")
        for path in paths:
            edit.appendPlainText(path)

    browse = QToolButton(text="…", toolTip="Choose files")
    browse.clicked.connect(choose)
    return Editor(_beside(edit, browse), get, put, edit.textChanged)


def _choice(labels: list[str], values: tuple[Any, ...]) -> Editor:
    combo = _combo(labels)

    def put(value: Any) -> None:
        combo.setCurrentIndex(values.index(value) if value in values else combo.findText(str(value).lower()))

    return Editor(combo, lambda: values[max(0, combo.currentIndex())], put, combo.currentIndexChanged)


def _choices_list(field: Field) -> Editor:
    shown = QListWidget()
    for choice in field.choices:
        item = QListWidgetItem(str(choice), shown)
        item.setFlags(item.flags() | Qt.ItemIsUserCheckable)
        item.setCheckState(Qt.Unchecked)
    shown.setFixedHeight(shown.sizeHintForRow(0) * min(len(field.choices), 5) + 2 * shown.frameWidth())

    def get() -> list[Any]:
        return [value for row, value in enumerate(field.choices) if shown.item(row).checkState() == Qt.Checked]

    def put(value: Any) -> None:
        for row, choice in enumerate(field.choices):
            shown.item(row).setCheckState(Qt.Checked if choice in value else Qt.Unchecked)

    return Editor(shown, get, put, shown.itemChanged)


def _check() -> Editor:
    check = QCheckBox()
    return Editor(check, check.isChecked, lambda value: check.setChecked(bool(value)), check.toggled)


def _spin(field: Field) -> Editor:
    whole = field.kind is FieldKind.INTEGER
    spin = QSpinBox() if whole else _DecimalSpin(decimals=6, singleStep=0.1)
    low, high = (int(limit) if whole else limit for limit in (field.minimum or 0, field.maximum or 0))
    spin.setRange(low, high)
    _keep_while_scrolling(spin)
    return Editor(
        spin, spin.value, lambda value: spin.setValue(int(value) if whole else float(value)), spin.valueChanged
    )


def _path(placeholder: str, *, folder: bool = False) -> Editor:
    edit = PathEdit(placeholder, folder=folder)
    return Editor(edit, edit.path, lambda value: edit.set_path(_shown(value)), edit.changed)


def _suggestions(field: Field, suggest: Suggest | None) -> Editor:
    fixed = () if callable(field.suggestions) else field.suggestions
    combo = _combo(list(fixed), editable=True)
    combo.lineEdit().setPlaceholderText(_hint(field))
    combo.setCurrentIndex(-1)
    widget: QWidget = combo
    ask: QToolButton | None = None
    if callable(field.suggestions) and suggest:
        ask = QToolButton(text="⟳", toolTip="Ask the service which there are", checkable=True)
        ask.clicked.connect(lambda: suggest(field))
        widget = _beside(combo, ask)

    def offer(fit: Sequence[str], others: Sequence[str]) -> None:
        text = combo.currentText()
        with QSignalBlocker(combo):
            combo.clear()
            combo.addItems(fit)
            if fit and others:
                combo.insertSeparator(len(fit))
            combo.addItems(others)
            combo.setCurrentIndex(-1)
            combo.setCurrentText(text)
        if ask is not None and ask.isChecked():
            ask.setChecked(False)
            combo.showPopup()

    return Editor(
        widget, combo.currentText, lambda value: combo.setCurrentText(_shown(value)), combo.currentTextChanged, offer
    )


class _PlainText(QPlainTextEdit):
    """A text of several lines that shows three of them, one while it is off, and that Tab leaves."""

    def __init__(self, **options: Any) -> None:
        super().__init__(tabChangesFocus=True, **options)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Take the room that the text needs."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange:
            self._fit()

    def _fit(self) -> None:
        self.setFixedHeight(self.fontMetrics().lineSpacing() * (3 if self.isEnabled() else 1) + 14)


class _DecimalSpin(QDoubleSpinBox):
    """Shows numbers as they are written: 0.25 and not 0.250000."""

    def textFromValue(self, value: float) -> str:
        return f"{value:g}"


class _WheelGuard(QObject):
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return False


def _keep_while_scrolling(widget: QWidget) -> None:
    """Let the wheel scroll the dialog instead of changing the value it passes over."""
    widget.setFocusPolicy(Qt.StrongFocus)
    widget.installEventFilter(_WheelGuard(widget))


def _combo(labels: list[str], *, editable: bool = False) -> QComboBox:
    combo = QComboBox(editable=editable, minimumContentsLength=12)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Fixed)
    _keep_while_scrolling(combo)
    combo.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
    combo.addItems(labels)
    return combo


def _beside(main: QWidget, button: QToolButton) -> QWidget:
    widget = QWidget()
    layout = QHBoxLayout(widget, spacing=4)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(main, 1)
    layout.addWidget(button)
    widget.setFocusProxy(main)
    return widget


def _hint(field: Field) -> str:
    if field.limits or field.pattern_help:
        return field.limits or field.pattern_help
    return f"such as {_shown(field.example)}" if field.example is not None else ""


def _shown(value: Any) -> str:
    import msgspec

    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
