"""Where a widget keeps the files of its results, and the line of its dialog that says so."""

from pathlib import Path

from ....nodes.base import Node
from ....port_types.configuration import Configuration
from ....port_types.table import FILE_KINDS
from ...engine.cache.opening import cache_folder
from ...engine.cache.result_files import result_files
from .path_edit import PathEdit

__all__ = ["FolderEdit", "choose_folder", "makes_files"]


def makes_files(node: type[Node]) -> bool:
    """Return whether results of `node` hold images, recordings or other files, in any result format."""
    formats = node.fields()["result_format"].choices
    columns = (column for chosen in formats for column in node(result_format=chosen).result_columns())
    return any(column.kind in FILE_KINDS for column in columns)


def choose_folder(entered: str, basedir: str, configuration: Configuration, node: type[Node]) -> Path | None:
    """Return the folder for a node's files, None for one that lasts until Orange is closed.

    Args:
        entered: what the user said; a relative folder is beside the workflow.
        basedir: the folder of the workflow, "" if it is not saved.
        configuration: names the cache, beside which files are kept where nothing was said.
        node: the node that makes the files.
    """
    if entered:
        return Path(basedir, Path(entered).expanduser()).absolute()
    cache = cache_folder(configuration)
    return result_files(cache) / node.id() if cache else None


class FolderEdit(PathEdit):
    """The line for a widget's folder for files."""

    def __init__(self, folder: str) -> None:
        super().__init__("with the cache, or until Orange is closed", folder=True)
        self.set_path(folder)
        self.line.setAccessibleName("Folder for files")
        self.line.setToolTip(
            "Where images and recordings are kept. A relative folder is beside the saved workflow. Where none is named "
            "they are kept with the cache, and without a cache until Orange is closed."
        )
