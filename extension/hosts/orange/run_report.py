"""What Orange's report says of a node: its settings, where it sent, and what the run came to."""

from collections import Counter
from collections.abc import Sequence

from ....nodes.base import Node
from ....port_types.configuration import Configuration
from ...engine.money import dollars
from ...engine.run.summary import RunSummary
from ..kit.progress import count
from .consent import place_of
from .form import Form
from .job import Done

__all__ = ["configuration_items", "run_items", "service_items", "setting_items"]

Items = list[tuple[str, str]]
SHOWN_FAILURES = 5


def setting_items(node: type[Node], form: Form) -> Items:
    """Return the settings that are not the usual ones, and the columns that fields come from."""
    labels = {name: field.label for name, field in node.fields().items()}
    columns = form.chosen_columns()
    values = {name: value for name, value in form.values().items() if form.rows[name].changed_by_user}
    chosen = {**values, **{name: f"column {column}" for name, column in columns.items()}}
    return [(labels[name], str(value)) for name, value in chosen.items()]


def service_items(configuration: Configuration | None) -> Items:
    """Return where a node sends, and with which credentials."""
    return [] if configuration is None else [("Service", place_of(configuration, credentials=True))]


def configuration_items(configuration: Configuration) -> Items:
    """Return what a Configuration says; it holds references to secrets, never the secrets."""
    fields = configuration.fields()
    given = {"base_url": configuration.base_url, **configuration.non_default_values()}
    return [(fields[name].label, str(value)) for name, value in given.items()]


def run_items(done: Sequence[Done], summary: RunSummary) -> Items:
    """Return what a run came to: rows, models, tokens, money, failures."""
    items = [
        ("Rows", f"{count(len(done), 'row')}, {summary.from_cache:,} from the cache, {summary.sent:,} sent"),
        ("Model", ", ".join(model for model in summary.usage if model) or "not named by the service"),
        ("Tokens", count(summary.tokens, "token")),
        ("Cost", dollars(summary.cost)),
        ("Time", f"{summary.elapsed_seconds:.1f} s"),
    ]
    reasons: Counter[str] = Counter(row.reason for row in done if row.reason)
    failures = [f"{text.rstrip('.')} ({count(number, 'row')})" for text, number in reasons.most_common(SHOWN_FAILURES)]
    return [*items, ("Failed", "; ".join(failures) or "none")]
