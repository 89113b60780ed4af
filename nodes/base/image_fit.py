"""The setting of nodes whose images must have a certain format, but not a certain shape."""

from typing import Any, Literal

from ...port_types.fields import setting

__all__ = ["ImageFit", "image_fit_setting"]

ImageFit = Literal["refuse", "convert"]


def image_fit_setting(*, advanced: bool = False) -> Any:
    """Declare what becomes of an image that a node's file rules do not take; `Node.fitted` reads it as ``fit``."""
    return setting(
        "Fit",
        "What to do with an image of another format or too large: refuse it, or re-encode it as PNG and scale it "
        "down where needed.",
        "refuse",
        advanced=advanced,
    )
