"""What becomes of images that a service does not take as they are: repaired by default."""

from typing import Any, Literal

from ...port_types.fields import setting

__all__ = ["ImageFit", "SquareFit", "image_fit_setting", "square_fit_setting"]

ImageFit = Literal["convert", "refuse"]
SquareFit = Literal["pad", "crop", "refuse"]


def image_fit_setting(*, advanced: bool = False) -> Any:
    """Declare what becomes of an image that a node's file rules do not take; `Node.fitted` reads it as ``fit``."""
    return setting(
        "Fit",
        "For an image of another format or too large. convert: it is sent as a PNG, scaled down where needed; "
        "refuse: the row fails.",
        "convert",
        advanced=advanced,
    )


def square_fit_setting() -> Any:
    """Declare what becomes of an image that a node whose images must be square does not take."""
    return setting(
        "Fit",
        "For an image that does not fit the route. pad: it is filled up to a square; crop: it is cut to a square; "
        "refuse: the row fails. Both repairs also re-encode it as PNG and scale it down where needed.",
        "pad",
    )
