"""What every node does in KNIME: configure and execute, for any declaration."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from ....nodes.base import Node
from ....port_types.errors import InvalidSetting
from ....port_types.fields import Field
from ..kit.wording import for_dialog
from .column_settings import COLUMN_SETTINGS, column_settings, read_older_columns
from .credentials import check_credentials
from .entry_lists import with_entries
from .errors import translate_errors
from .fields import KEEP_COLUMNS, column_name, has_column, has_many_columns
from .models import preset_models
from .plan import Draft, Plan, make_draft
from .ports import ConfigurationObject, ConfigurationSpec
from .settings import chosen_columns, is_off, values_of

__all__ = ["SHOWN_ROWS", "KnimeNode"]

SHOWN_ROWS = 200
"""Rows in the gallery: KNIME holds a view in memory and opens it as one page."""


class KnimeNode:
    """Base of the nodes that the factory makes.

    Attributes:
        node: the declaration.
        sections: the declared fields of each parameter group, by the group's name.
        has_view: whether a gallery goes with the result.
    """

    node: ClassVar[type[Node]]
    sections: ClassVar[dict[str, list[Field]]]
    has_view: ClassVar[bool]

    def configure(self, context: Any, spec: ConfigurationSpec, schema: Any = None) -> tuple[Any, ConfigurationSpec]:
        with translate_errors(self.node):
            preset = preset_models(self, spec.configuration)
            draft = self.drafted(schema)
            self._show(draft.guessed)
            try:
                plan = draft.complete()
            except InvalidSetting as error:
                if not preset and not draft.guessed:
                    raise
                # KNIME keeps what was chosen here only if nothing is raised. Once it has, what is missing is an error.
                context.set_warning(for_dialog(error, self.node))
                return None, spec
            check_credentials(spec, context, executing=False)
        return plan.knime_schema(), spec

    def execute(self, context: Any, port: ConfigurationObject, table: Any = None) -> tuple[Any, ...]:
        from .execution import run

        with translate_errors(self.node):
            plan = self.planned(table.schema if table is not None else None)
            check_credentials(port.spec, context, executing=True)
            result, view = run(plan, port.spec, context, table, shown_rows=SHOWN_ROWS if self.has_view else 0)
        return (result, port, view) if self.has_view else (result, port)

    def planned(self, schema: Any) -> Plan:
        """Return what the dialog's settings come to for a table of `schema`, None for no table.

        Raises:
            InvalidSetting: a value is wrong, a column does not exist, or something needed is missing.
        """
        return self.drafted(schema).complete()

    def drafted(self, schema: Any) -> Draft:
        """Return the same as far as it is given; something needed may be missing.

        Raises:
            InvalidSetting: a value is wrong.
        """
        values: dict[str, Any] = {}
        columns = {name: [column] for name, column in column_settings(self).items()}
        for name, fields in self.sections.items():
            group = getattr(self, name)
            values |= with_entries(values_of(group, fields), self, fields)
            columns |= {
                field.name: chosen
                for field in fields
                if has_column(field) and not is_off(group, field) and (chosen := chosen_columns(group, field))
            }
        return make_draft(self.node, values, columns, schema)

    def _modify_parameters(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Return saved settings as this version has them; KNIME calls it by this name."""
        given = dict(parameters.get("input", {}))
        if isinstance(given.get(KEEP_COLUMNS), bool):
            given[KEEP_COLUMNS] = str(given[KEEP_COLUMNS]).lower()
            parameters = {**parameters, "input": given}
        older = given.get("columns")
        if not older or COLUMN_SETTINGS in parameters:
            return parameters
        try:
            columns = json.loads(older)
        except ValueError:  # it never ran
            return parameters
        return {**parameters, COLUMN_SETTINGS: read_older_columns(self.node, columns)}

    def _show(self, guessed: Mapping[str, str]) -> None:
        """Let the dialog show the columns that were guessed."""
        for name, column in guessed.items():
            field = self.node.fields()[name]
            section = next(name for name, fields in self.sections.items() if field in fields)
            chosen = [column] if has_many_columns(field) else column
            setattr(getattr(self, section), column_name(field), chosen)
