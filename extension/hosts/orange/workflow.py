"""What a widget can know of the workflow it is in."""

from typing import Any

from Orange.widgets.widget import OWWidget
from orangecanvas.scheme.signalmanager import SignalManager

__all__ = ["is_linked", "workflow_of"]


def workflow_of(widget: OWWidget) -> Any:
    """Return the workflow that `widget` is in; a widget by itself is one of its own."""
    manager = widget.signalManager
    return manager.workflow() if isinstance(manager, SignalManager) else widget


def is_linked(widget: OWWidget, input_name: str) -> bool:
    """Return whether something is to come through an input, now or later."""
    workflow = workflow_of(widget)
    if workflow is widget:
        return False
    links = workflow.input_links(workflow.node_for_widget(widget))
    return any(link.enabled and link.sink_channel.name == input_name for link in links)
