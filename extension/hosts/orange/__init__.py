"""Orange: a widget for each node, an Endpoint Configuration widget, and workflows run without a window.

This package is the only one that imports Orange or Qt, and it does so when the canvas asks for its widgets.
"""

from typing import Any

__all__ = ["CATEGORY", "PROJECT", "widget_discovery"]

CATEGORY = "Endpoint Nodes"
PROJECT = "endpoint-nodes"
"""Name of the distribution; Orange looks its help up under it."""


def widget_discovery(discovery: Any) -> None:
    """Hand the category and its widgets to Orange (the hook of the entry point group ``orange.widgets``)."""
    from orangecanvas.registry import CategoryDescription, WidgetDescription

    from .widgets import WIDGETS

    discovery.handle_category(
        CategoryDescription(
            name=CATEGORY,
            description="Every operation of an OpenAI-compatible API as a widget.",
            package=__name__,
            project_name=PROJECT,
            priority=1000,
            icon="icons/category.svg",
            background="#a9d5c9",
        )
    )
    for widget in WIDGETS:
        description = WidgetDescription(**widget.get_widget_description())
        description.package, description.project_name, description.category = __name__, PROJECT, CATEGORY
        discovery.handle_widget(description)
