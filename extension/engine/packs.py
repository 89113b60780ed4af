"""Packs on this machine: documents that were added stay, and those that are named for one run are read for it."""

import hashlib
import os
import re
import shutil
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ...port_types.errors import EndpointError, InvalidInput, InvalidSetting
from .documents import absolute, read_document, replace_file

if TYPE_CHECKING:
    # Read when a document is, so that commands without packs start as fast as before.
    from ...nodes.openapi.node import OperationNode
    from ...nodes.openapi.pack import Pack, Selection

__all__ = [
    "PACKS",
    "StoredPack",
    "add_pack",
    "find_pack_node",
    "load_pack",
    "open_pack",
    "pack_node_classes",
    "pack_titles",
    "remove_pack",
    "stored_packs",
]

PACKS = "ENDPOINT_NODES_PACKS"
"""Environment variable: documents that are packs for one run, separated as in PATH."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_RESERVED = {"nodes", "describe", "pack", "sandbox", "cache", "docs", "report", "create", "list"}


_loaded: "dict[str, Pack]" = {}
"""Packs that this process has read without adding them."""


@dataclass(frozen=True)
class StoredPack:
    """A pack that was added, as far as it is known without its document.

    Attributes:
        name: what commands call it.
        title: the service's name.
        source: the file or address that it is from.
        digest: of the document.
        operations: how many nodes it has.
        tags, paths, names: which operations it has, in the words of `Selection`.
    """

    name: str
    title: str
    source: str
    digest: str
    operations: int
    tags: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def selection(self) -> "Selection":
        """Which operations it has."""
        from ...nodes.openapi.pack import Selection

        return Selection(self.tags, self.paths, self.names)


def _folder() -> Path:
    import platformdirs

    return Path(platformdirs.user_data_dir("endpoint-nodes", appauthor=False)) / "packs"


def stored_packs() -> dict[str, StoredPack]:
    """Return the packs that were added, by name; their documents are not read."""
    found: dict[str, StoredPack] = {}
    for path in sorted(_folder().glob("*/pack.json")):
        import msgspec

        try:
            found[path.parent.name] = msgspec.json.decode(path.read_bytes(), type=StoredPack)
        except (OSError, msgspec.MsgspecError):
            continue  # half written or removed while it is read; adding it again repairs it
    return found


def add_pack(source: str, name: str = "", selection: "Selection | None" = None) -> StoredPack:
    """Add the document at `source`, or replace the pack of this name.

    Args:
        source: a file, or an http(s) address.
        name: what commands call it; else the first words of the document's title.
        selection: which operations become nodes; else all.

    Raises:
        InvalidInput: the document cannot be read.
        InvalidSetting: it is not an OpenAPI document, the name cannot be used, or no operation is selected.
    """
    import msgspec

    from ...nodes.openapi.pack import Pack, Selection, pack_name

    selection = selection or Selection()
    document = read_document(source)
    name = name or pack_name(document.title, {*stored_packs(), *_RESERVED})
    check_pack_name(name)
    pack = _checked(Pack(name, document, selection))
    if not pack.operations:
        asked = "" if selection == Selection() else " that --tag, --path or --operation selects"
        raise InvalidSetting(f"{source} has no operation{asked}.")
    content = msgspec.json.encode(
        {"document": document.root, "address": document.address, "files": document.read_files()}
    )
    digest = hashlib.sha256(content).hexdigest()
    stored = StoredPack(name, document.title or name, absolute(source), digest, len(pack), *astuple(selection))
    replace_file(_folder() / name / "document.json", content)
    replace_file(_folder() / name / "pack.json", msgspec.json.format(msgspec.json.encode(stored)))
    return stored


def _checked(pack: "Pack") -> "Pack":
    pack.check_jobs()
    return pack


def check_pack_name(name: str) -> None:
    """Raise where `name` cannot be a pack's.

    Raises:
        InvalidSetting: the sentence says what a name is.
    """
    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise InvalidSetting(
            f"{name!r} cannot be a pack's name: it begins with a letter, has lower-case letters, digits and _, at most "
            "40, and is not a command of its own."
        )


def remove_pack(name: str) -> None:
    """Remove a pack that was added.

    Raises:
        InvalidSetting: there is none of this name.
    """
    if name not in stored_packs():
        raise InvalidSetting(_no_such(name))
    shutil.rmtree(_folder() / name)


def pack_titles() -> dict[str, str]:
    """Return the titles of all packs by name, those of this run included."""
    return {
        **{name: stored.title for name, stored in stored_packs().items()},
        **{name: pack.document.title for name, pack in _packs_of_run().items()},
    }


def open_pack(name: str) -> "Pack":
    """Return the pack of this name: of this run, or one that was added.

    Raises:
        InvalidSetting: there is none of this name.
        InvalidInput: its document cannot be read any more.
    """
    of_run = _packs_of_run()
    if name in of_run:
        return of_run[name]
    stored = stored_packs()
    if name not in stored:
        raise InvalidSetting(_no_such(name))
    return _open_stored(stored[name])


def load_pack(source: str) -> "Pack":
    """Return a pack by its name, or the document at a file or address.

    A pack is a mapping: ``load_pack("pets.yaml")["list_pets"]`` is a node class.

    Raises:
        InvalidInput: the document cannot be read.
        InvalidSetting: it is not an OpenAPI document.
    """
    from ...nodes.openapi.pack import Pack, pack_name

    name = str(source).replace("-", "_")
    if name in pack_titles():
        return open_pack(name)
    if name in _loaded:
        return _loaded[name]
    document = read_document(str(source))
    pack = _checked(Pack(pack_name(document.title, _RESERVED), document))
    _loaded[pack.name] = pack
    return pack


def pack_node_classes() -> "Iterator[tuple[str, str, list[type[OperationNode]]]]":
    """Yield name, title and all node classes of each pack; one that cannot be read is left out with a warning."""
    for name, title in pack_titles().items():
        try:
            yield name, title, list(open_pack(name).values())
        except EndpointError as error:
            warnings.warn(f"The pack {name} is left out, because it cannot be loaded ({error}).", stacklevel=2)


def find_pack_node(name: str) -> "type[OperationNode] | None":
    """Return the node of a pack by its id or command ("github-issues-list"), None if there is none."""
    wanted = name.strip().lower().replace("-", "_").replace(" ", "_")
    for pack in sorted(pack_titles(), key=len, reverse=True):
        if wanted.startswith(f"{pack}_"):
            return open_pack(pack).get(wanted.removeprefix(f"{pack}_"))
    return None


def _no_such(name: str) -> str:
    names = ", ".join(pack_titles()) or "none yet; endpoint-nodes pack add DOCUMENT adds one"
    return f"There is no pack {name!r}; there is {names}."


@cache
def _open_stored(stored: StoredPack) -> "Pack":
    import msgspec

    from ...nodes.openapi.document import Document
    from ...nodes.openapi.pack import Pack

    path = _folder() / stored.name / "document.json"
    try:
        held = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.MsgspecError) as error:
        raise InvalidInput(f"The pack {stored.name} cannot be read ({error}); add it again.") from None
    document = Document.load(held["document"], address=held["address"], files=held["files"])
    return Pack(stored.name, document, stored.selection)


def _packs_of_run() -> "Mapping[str, Pack]":
    return _read_packs(os.environ.get(PACKS, ""))


@cache
def _read_packs(listed: str) -> "dict[str, Pack]":
    if not listed:
        return {}
    from ...nodes.openapi.pack import Pack, pack_name

    found: dict[str, Pack] = {}
    for source in _split(listed):
        document = read_document(source)
        name = pack_name(document.title, {*found, *_RESERVED})
        found[name] = _checked(Pack(name, document))
    return found


def _split(listed: str) -> Iterator[str]:
    """Yield the files and addresses of a list as in PATH; the colon of an address separates nothing."""
    pattern = r";" if os.pathsep == ";" else r":(?!//)"
    return (part for part in re.split(pattern, listed) if part.strip())
