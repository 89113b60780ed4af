"""The form of a widget: for each declared field its enable flag, the column it may come from, and its editor."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from AnyQt.QtCore import QObject, Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import QCheckBox, QComboBox, QFormLayout, QHBoxLayout, QLabel, QSizePolicy, QWidget
from Orange.data import Domain, Variable
from Orange.widgets.utils.itemmodels import DomainModel

from ....port_types.errors import InvalidSetting
from ....port_types.fields import Field, Mode
from ..kit.fields import has_flag
from .column_choice import FIXED, propose_column, suitable_variables
from .editors import Suggest, make_editor

__all__ = ["FieldRow", "Form", "keep_well_formed"]


def keep_well_formed(settings: dict[str, Any]) -> None:
    """Drop what cannot be a form's state from `settings`, which another version or somebody's editor may have written.

    Names and values are looked at one by one when the form is restored, so that no field costs another one.
    """
    for name, kind in {"values": dict, "enabled": list, "columns": dict}.items():
        if not isinstance(settings.get(name), kind):
            settings.pop(name, None)


class FieldRow(QObject):
    """One field in a form.

    Attributes:
        wish: the column the user chose, "" for the fixed value, None while the form chooses by itself.
        lost: whether the table that came has no such column.
    """

    changed = Signal()

    def __init__(self, field: Field, suggest: Suggest | None = None) -> None:
        super().__init__()
        self.field = field
        self.editor = make_editor(field, suggest)
        self.flag = QCheckBox(field.label) if has_flag(field) else None
        self.label: QWidget = self.flag or QLabel(field.label)
        self.label.setToolTip(field.help)
        self.wish: str | None = None
        self.lost = False
        self.columns = self.chooser = None
        if field.sent:
            self.columns = DomainModel(placeholder=FIXED, valid_types=suitable_variables(field))
            self.chooser = QComboBox(minimumContentsLength=9, toolTip=f"Where {field.label} comes from")
            self.chooser.setAccessibleName(f"Column for {field.label}")
            self.chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            self.chooser.setModel(self.columns)
            self.chooser.activated.connect(self._column_chosen)
            self.chooser.hide()
        if self.flag:
            self.flag.toggled.connect(self._refresh)
            self.flag.toggled.connect(self.changed)
        self.editor.changed.connect(self._edited)
        self.editor.changed.connect(self.changed)
        self._initial = self.editor.get()
        self._refresh()

    def control(self) -> QWidget:
        """Return what is beside the label: the choice of a column, if there is one, and the editor."""
        self.editor.widget.setSizePolicy(QSizePolicy.Expanding, self.editor.widget.sizePolicy().verticalPolicy())
        if self.chooser is None:
            return self.editor.widget
        control = QWidget()
        beside = QHBoxLayout(control)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.addWidget(self.chooser, 0, Qt.AlignTop)
        beside.addWidget(self.editor.widget, 1)
        return control

    def offer(self, fit: Sequence[str], others: Sequence[str]) -> None:
        """Offer values that the service has, those that look fit before the others."""
        if self.editor.offer:
            self.editor.offer(fit, others)

    @property
    def on(self) -> bool:
        """Whether the field has a say: its flag is set, or it has none."""
        return self.flag is None or self.flag.isChecked()

    @property
    def column(self) -> str | None:
        """Name of the column the value comes from, None for the fixed value."""
        if self.wish:
            return self.wish
        variable = self._chosen() if self.wish is None else None
        return variable.name if variable else None

    @property
    def edited(self) -> bool:
        """Whether the editor shows something else than at first."""
        return bool(self.editor.get() != self._initial)

    @property
    def changed_by_user(self) -> bool:
        """Whether the field says something that it does not say by itself."""
        return self.edited or (self.flag is not None and self.on)

    def value(self) -> Any:
        """Return the fixed value, None where nothing was entered."""
        value = self.editor.get()
        return None if value in ("", [], {}) and self.field.mode is not Mode.OPTIONAL else value

    def put(self, value: Any) -> None:
        """Show `value` as the fixed one."""
        self.editor.set(value)

    def put_flag(self, on: bool) -> None:
        """Switch the field on or off."""
        if self.flag:
            self.flag.setChecked(on)

    def set_domain(self, domain: Domain | None) -> None:
        """Offer the columns of `domain`, and take the wished one, or for a required field one that fits."""
        if self.columns is None or self.chooser is None:
            return
        self.columns.set_domain(domain)
        variables = [variable for variable in self.columns if isinstance(variable, Variable)]
        chosen = _named(variables, self.wish) if self.wish else None
        if self.wish is None and self.field.mode is Mode.REQUIRED and self.value() is None:
            chosen = propose_column(self.field, variables)
        self.lost = bool(self.wish) and domain is not None and chosen is None
        self._show_lost()
        self.chooser.setCurrentIndex(self.columns.indexOf(chosen) if chosen else 0)
        self.chooser.setVisible(domain is not None)
        self._refresh()

    def _show_lost(self) -> None:
        """Show a column that the table does not have as what it is, where the user would choose another."""
        if self.columns is not None and self.chooser is not None:
            self.columns.placeholder = f"{self.wish} (not in the table)" if self.lost else FIXED
            self.chooser.setStyleSheet("color: #c0392b" if self.lost else "")
            self.chooser.update()

    def _edited(self) -> None:
        """Take what is entered in place of a column that is not there, or that nobody chose."""
        unchosen = self.wish is None and self._chosen() is not None and self.value() is not None
        if unchosen and self.chooser is not None:
            self.chooser.setCurrentIndex(0)
        if self.lost or unchosen:
            self._column_chosen()

    def _chosen(self) -> Variable | None:
        if self.columns is None or self.chooser is None or not self.columns.rowCount():
            return None
        chosen = self.columns[max(0, self.chooser.currentIndex())]
        return chosen if isinstance(chosen, Variable) else None

    def _column_chosen(self) -> None:
        variable = self._chosen()
        self.wish, self.lost = variable.name if variable else "", False
        self._show_lost()
        if variable and self.flag:
            self.flag.setChecked(True)
        self._refresh()
        self.changed.emit()

    def _refresh(self) -> None:
        # What is entered takes the place of a column that the form chose by itself.
        self.editor.widget.setEnabled(self.on and (self._chosen() is None or self.wish is None))
        if self.chooser:
            self.chooser.setEnabled(self.on)


class Form(QObject):
    """Rows of fields laid out in grids, and their state as plain data for a workflow file."""

    changed = Signal()

    def __init__(self, fields: Iterable[Field], suggest: Suggest | None = None) -> None:
        super().__init__()
        self.rows = {field.name: FieldRow(field, suggest) for field in fields}
        self._layouts: dict[str, QFormLayout] = {}
        for row in self.rows.values():
            row.changed.connect(self.changed)
        self.changed.connect(self._show_what_matters)

    def lay_out(self, layout: QFormLayout, names: Iterable[str]) -> None:
        """Put the rows of `names` below what is in `layout`: label, column, editor."""
        for name in names:
            row = self.rows[name]
            layout.addRow(row.label, row.control())
            self._layouts[name] = layout
        self._show_what_matters()

    def _show_what_matters(self) -> None:
        """Hide the fields that mean nothing with the others as they are, but none that is in use."""
        for name, layout in self._layouts.items():
            row = self.rows[name]
            if row.field.only_with:
                other, choices = row.field.only_with
                meant = self.rows[other].on and self.rows[other].value() in choices
                layout.setRowVisible(row.label, meant or row.changed_by_user)

    def set_domain(self, domain: Domain | None) -> None:
        """Offer the columns of `domain` for every field that may come from one."""
        for row in self.rows.values():
            row.set_domain(domain)

    def state(self) -> dict[str, Any]:
        """Return the form as plain data: values, enabled, columns."""
        rows = self.rows
        return {
            "values": {name: row.editor.get() for name, row in rows.items() if row.changed_by_user},
            "enabled": [name for name, row in rows.items() if row.flag and row.on],
            "columns": {name: row.wish for name, row in rows.items() if row.wish is not None},
        }

    def restore(self, state: Mapping[str, Any]) -> list[str]:
        """Show what `state` returned, here or in another version, and return sentences on what could not be."""
        problems = []
        names = {row.field.formerly: name for name, row in self.rows.items() if row.field.formerly}
        for saved, value in state["values"].items():
            name = names.get(saved, saved)
            row = self.rows.get(name)
            if row is None:
                problems.append(f"{name} is not a field of this version; its value is left out.")
                continue
            try:
                if value not in ("", [], {}):
                    row.field.check(value)
                row.put(value)
            except (InvalidSetting, TypeError, ValueError) as error:
                problems.append(f"{error} The default is used.")
        for name in (names.get(saved, saved) for saved in state["enabled"]):
            if name in self.rows:
                self.rows[name].put_flag(True)
        for name, column in state["columns"].items():
            if name in self.rows:
                self.rows[name].wish = column
        return problems

    def values(self) -> dict[str, Any]:
        """Return the fixed values of all fields that are switched on."""
        return {
            name: value
            for name, row in self.rows.items()
            if row.on and row.column is None and (value := row.value()) is not None
        }

    def chosen_columns(self) -> dict[str, str]:
        """Return the columns of all fields that are switched on and come from one."""
        return {name: row.column for name, row in self.rows.items() if row.on and row.column}


def _named(variables: list[Variable], name: str) -> Variable | None:
    return next((variable for variable in variables if variable.name == name), None)
