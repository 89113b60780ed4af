"""OpenAPI documents at files and addresses, with the other files that belong to them."""

import hashlib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ...port_types.errors import InvalidInput, InvalidSetting

if TYPE_CHECKING:
    from ...nodes.openapi.document import Document

__all__ = ["absolute", "read_document", "replace_file"]

MAX_DOCUMENT_BYTES = 100_000_000
TIMEOUT = 60.0


def read_document(source: str) -> "Document":
    """Return the document at a file or address; what is said of its jobs in a file beside it belongs to it.

    Raises:
        InvalidInput: nothing can be read there.
        InvalidSetting: it is not an OpenAPI document.
    """
    from ...nodes.openapi.document import JOBS, Document

    content = _fetch(source)
    data = _decode(content, source)
    if jobs := _jobs_beside(source):
        data = {**data, JOBS: jobs}

    def read(address: str) -> Mapping[str, Any]:
        if _is_url(source) != _is_url(address) or (_is_url(source) and not _same_origin(source, address)):
            raise InvalidSetting(f"{address} is not where the document is from")
        return _decode(_fetch(address), address)

    return Document.load(data, address=absolute(source), read=read)


def _jobs_beside(source: str) -> Mapping[str, Any]:
    """Return what the file beside a document says of jobs: "api.jobs.toml" beside "api.yaml"; nothing without one.

    Raises:
        InvalidSetting: it is not TOML.
    """
    path = Path(source).expanduser().with_suffix(".jobs.toml")
    if _is_url(source) or not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidSetting(f"{path} is not TOML: {error}.") from None


def _decode(content: bytes, source: str) -> dict[str, Any]:
    """Return a document's data; of YAML, which is slow, what was read is kept by its digest."""
    import msgspec
    import platformdirs

    from ...nodes.openapi.parse import parse_document

    if content[:1] in b"{[":
        return parse_document(content, source)
    kept = Path(platformdirs.user_cache_dir("endpoint-nodes", appauthor=False)) / "documents"
    path = kept / f"{hashlib.sha256(content).hexdigest()}.json"
    try:
        data: dict[str, Any] = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.MsgspecError):
        data = parse_document(content, source)
        replace_file(path, msgspec.json.encode(data))
    return data


def _fetch(source: str) -> bytes:
    """Return what is at a file or address.

    Raises:
        InvalidInput: nothing can be read there.
    """
    if not _is_url(source):
        try:
            content = Path(source).expanduser().read_bytes()
        except OSError as error:
            raise InvalidInput(f"The document {source} cannot be read ({error.strerror}).") from None
    else:
        import httpx

        try:
            response = httpx.get(source, follow_redirects=True, timeout=TIMEOUT)
            response.raise_for_status()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise InvalidInput(f"The document {source} cannot be downloaded ({error}).") from None
        content = response.content
    if len(content) > MAX_DOCUMENT_BYTES:
        raise InvalidInput(f"The document {source} has {len(content):,} bytes, more than any OpenAPI document.")
    return content


def _is_url(source: str) -> bool:
    return source.startswith(("http://", "https://"))


def _same_origin(one: str, other: str) -> bool:
    return urlsplit(one)[:2] == urlsplit(other)[:2]


def absolute(source: str) -> str:
    """Return a file or address as it is found from everywhere."""
    return source if _is_url(source) else str(Path(source).expanduser().resolve())


def replace_file(path: Path, content: bytes) -> None:
    """Write a file whole, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_bytes(content)
    partial.replace(path)
