"""What nodes are written in."""

from ...port_types.fields import optional, required, setting
from ...port_types.files import FileRules, SourceAudio, SourceImage
from ...port_types.table import Column, ColumnKind
from .bundling import Bundling
from .image_fit import ImageFit, image_fit_setting
from .images import Images
from .model_rules import is_gpt_image, models_that
from .node import Node
from .operation import Body, Operation, Request
from .response import Response
from .result_schema import JsonResultSchema, ResultSchema

__all__ = [
    "Body",
    "Bundling",
    "Column",
    "ColumnKind",
    "FileRules",
    "ImageFit",
    "Images",
    "JsonResultSchema",
    "Node",
    "Operation",
    "Request",
    "Response",
    "ResultSchema",
    "SourceAudio",
    "SourceImage",
    "image_fit_setting",
    "is_gpt_image",
    "models_that",
    "optional",
    "required",
    "setting",
]
