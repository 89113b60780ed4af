"""What becomes of images that a service does not take as they are: repaired by default."""

from typing import Any, Literal

from ...port_types.fields import setting

__all__ = ["ImageFit", "SquareFit", "image_fit_setting", "square_fit_setting"]

ImageFit = Literal["convert", "refuse"]
SquareFit = Literal["pad", "crop", "refuse"]


def image_fit_setting(*, advanced: bool = False) -> Any:
    """Declare what becomes of an image that a node's file rules do not take; `Node.fitted` reads it as ``fit``."""
    return setting(
        "Image fitting",
        "What to do with an image that is too large or of another format. convert: send it as PNG, "
        "scaled down where needed; refuse: fail the row.",
        "convert",
        advanced=advanced,
    )


def square_fit_setting() -> Any:
    """Declare what becomes of an image that a node whose images must be square does not take."""
    return setting(
        "Image fitting",
        "What to do with an image that does not fit the route. pad: fill it up to a square; crop: cut it "
        "to a square; refuse: fail the row. pad and crop also convert it to PNG and scale it down where "
        "needed.",
        "pad",
    )
