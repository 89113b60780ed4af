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

    from .widgets import PACK_WIDGETS, WIDGETS

    about = "Every operation of an OpenAI-compatible API as a widget."
    packs = {title: (f"Operations of {title}.", widgets) for title, widgets in PACK_WIDGETS.items()}
    for priority, (name, (text, widgets)) in enumerate({CATEGORY: (about, WIDGETS), **packs}.items(), 1000):
        discovery.handle_category(
            CategoryDescription(
                name=name,
                description=text,
                package=__name__,
                project_name=PROJECT,
                priority=priority,
                icon="icons/category.svg",
                background="#a9d5c9",
            )
        )
        for widget in widgets:
            description = WidgetDescription(**widget.get_widget_description())
            description.package, description.project_name, description.category = __name__, PROJECT, name
            discovery.handle_widget(description)
