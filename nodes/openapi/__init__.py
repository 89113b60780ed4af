"""OpenAPI documents as descriptions of operations: no network, no files, no document is refused for what it holds."""

from .describe import Descriptions
from .descriptions import OperationDescription
from .document import Document
from .parse import parse_document
from .summary import summarize

__all__ = ["Descriptions", "Document", "OperationDescription", "parse_document", "summarize"]
