"""What nodes are written in."""

from ...port_types.fields import optional, required, setting
from ...port_types.files import FileRules, SourceAudio, SourceFile, SourceImage
from ...port_types.table import Column, ColumnKind
from .binding import Binding
from .bundling import Bundling
from .call import Call
from .image_fit import ImageFit, SquareFit, image_fit_setting, square_fit_setting
from .images import Images
from .job import Job
from .model_patterns import is_gpt_image, models_that
from .node import Node
from .request import Request
from .response import Response
from .result_schema import JsonResultSchema, ResultSchema
from .route import Body, Route
from .rules import Rule, WireAlias

__all__ = [
    "Binding",
    "Body",
    "Bundling",
    "Call",
    "Column",
    "ColumnKind",
    "FileRules",
    "ImageFit",
    "Images",
    "Job",
    "JsonResultSchema",
    "Node",
    "Request",
    "Response",
    "ResultSchema",
    "Route",
    "Rule",
    "SourceAudio",
    "SourceFile",
    "SourceImage",
    "SquareFit",
    "WireAlias",
    "image_fit_setting",
    "is_gpt_image",
    "models_that",
    "optional",
    "required",
    "setting",
    "square_fit_setting",
]
