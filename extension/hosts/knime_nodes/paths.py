"""Path cells and knime:// addresses: the file on this machine that they mean, or the whole address."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote

__all__ = ["WorkflowPaths"]

SCHEME = "knime://"


class WorkflowPaths:
    """Finds files that are named relative to a workflow.

    An address that leads to no file of this machine, such as a path on a Hub or in the cloud, stays an address, so
    that it is refused by its name and never read from a local file of the same path.

    Args:
        data_area: the workflow's data area, "…/workflow/data".
    """

    def __init__(self, data_area: str) -> None:
        self._workflow = Path(data_area).parent
        # KNIME keeps its own files there; the jobs of a Hub and of its executors lie in no workspace.
        self._workspace = next((folder for folder in self._workflow.parents if (folder / ".metadata").is_dir()), None)

    def plain(self, value: Any) -> Any:
        """Return the path or address in a cell, and any other value as it is."""
        if isinstance(value, list):
            return [self.plain(item) for item in value]
        if isinstance(value, str) and value.startswith(SCHEME):
            specifier, _, path = value.removeprefix(SCHEME).partition("/")
            return self._resolve(specifier, unquote(path)) or value
        if not hasattr(value, "fs_category"):
            return value
        category, specifier, path = value.fs_category, value.fs_specifier or "", value.path
        if category == "LOCAL":
            return path
        if category == "CUSTOM_URL":
            return self.plain(path)
        path = path.replace("\\", "/").lstrip("/")
        if category in ("RELATIVE", "MOUNTPOINT"):
            return self._resolve(specifier, path) or f"{SCHEME}{specifier}/{path}"
        return f"{category.lower().replace('_', '-')}://{specifier}/{path}"

    def _resolve(self, specifier: str, path: str) -> str | None:
        """Return the file at `path` below what `specifier` stands for, None if that is not on this machine."""
        if specifier == "knime.workflow.data":
            return _below(self._workflow / "data", path)
        if specifier == "knime.workflow" and path.startswith("data/"):
            return _below(self._workflow / "data", path.removeprefix("data/"))
        if not self._workspace:
            return None
        if specifier == "knime.workflow":
            relative = self._workflow.relative_to(self._workspace)
            return _below(self._workspace, f"{relative.as_posix()}/{path}")
        return _below(self._workspace, path) if specifier in ("knime.mountpoint", "knime.space", "LOCAL") else None


def _below(folder: Path, path: str) -> str | None:
    """Return the file at `path` in `folder`, None if `path` leads out of it."""
    resolved = (folder / path).resolve()
    return str(resolved) if resolved.is_relative_to(folder.resolve()) else None
