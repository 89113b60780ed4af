"""What nodes are written in."""

from ...port_types.fields import optional, required, setting
from ...port_types.files import FileRules, SourceAudio, SourceImage
from ...port_types.table import Column, ColumnKind
from .bundling import Packing
from .image_fit import Converting, convert_setting
from .images import Images
from .model_rules import is_gpt_image, models_that
from .node import Node
from .operation import Answer, Body, Operation, Request
from .result_schema import JsonResponse, Response

__all__ = [
    "Answer",
    "Body",
    "Column",
    "ColumnKind",
    "Converting",
    "FileRules",
    "Images",
    "JsonResponse",
    "Node",
    "Operation",
    "Packing",
    "Request",
    "Response",
    "SourceAudio",
    "SourceImage",
    "convert_setting",
    "is_gpt_image",
    "models_that",
    "optional",
    "required",
    "setting",
]
