"""What may be dropped on the canvas: a folder of images, and a Configuration as a TOML file."""

from pathlib import Path
from typing import Any

from Orange.widgets.utils.filedialogs import RecentPath
from orangecontrib.imageanalytics.widgets.owimageimport import OWImportImages
from orangewidget.workflow.drophandler import SingleFileDropHandler

from ....port_types.configuration import Configuration
from ....port_types.errors import EndpointError
from ....port_types.fields import FieldKind
from ...engine.config_loader import read_toml
from ...engine.io.folders import MEDIA_SUFFIXES
from .configuration_widget import OWN_WAY, EndpointConfiguration

__all__ = ["ConfigurationDropHandler", "ImageFolderDropHandler"]


class ImageFolderDropHandler(SingleFileDropHandler):
    """Makes Import Images of a folder that holds images."""

    WIDGET = OWImportImages

    def canDropFile(self, path: str) -> bool:
        """Return whether `path` is a folder with an image in it or in one of its folders."""
        folder = Path(path)
        inside = (file for pattern in ("*", "*/*") for file in folder.glob(pattern))
        return folder.is_dir() and any(file.suffix.lower() in MEDIA_SUFFIXES[FieldKind.IMAGE] for file in inside)

    def parametersFromFile(self, path: str) -> dict[str, Any]:
        """Return the settings with which the widget reads the folder."""
        return {"recent_paths": [RecentPath(path, None, None)]}


class ConfigurationDropHandler(SingleFileDropHandler):
    """Makes an Endpoint Configuration of a TOML file."""

    WIDGET = EndpointConfiguration

    def canDropFile(self, path: str) -> bool:
        """Return whether `path` is a TOML file that says something of a Configuration."""
        return Path(path).suffix.lower() == ".toml" and bool(_read(path))

    def parametersFromFile(self, path: str) -> dict[str, Any]:
        """Return the settings with which the widget says what the file says."""
        values = _read(path)
        form = {name: value for name, value in values.items() if name not in OWN_WAY}
        own = {name: values[name] for name in OWN_WAY if name in values}
        return {**own, "values": form, "enabled": list(form)}


def _read(path: str) -> dict[str, Any]:
    """Return what a file says of a Configuration, {} if it is not one."""
    try:
        return Configuration.from_json(read_toml(Path(path))).non_default_values()
    except EndpointError:
        return {}
