"""Names of operations: unique in their document, at most 48 characters, in the document's own words."""

import hashlib
import re
from collections.abc import Iterable, Mapping

from .document import PathOperation
from .parameters import path_template
from .prose import snake_case

__all__ = ["display_title", "name_operations"]

_LONGEST = 48
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_VERBS = {"get": "get", "post": "create", "put": "replace", "patch": "update", "delete": "delete", "head": "check"}
_FILLER = {"a", "an", "the", "your"}
_ACRONYMS = {"api", "id", "url", "uri", "ip", "sms", "html", "json", "sha", "ssh", "dns", "sso", "pdf", "oauth"}


def name_operations(operations: Iterable[PathOperation]) -> dict[str, PathOperation]:
    """Return operations by name; those whose names meet take the next best one, and at last a digest of the path."""
    names: dict[str, PathOperation] = {}
    colliding: dict[str, int] = {}
    candidates = [(operation, list(_candidates(operation))) for operation in operations]
    for _, options in candidates:
        colliding[options[0]] = colliding.get(options[0], 0) + 1
    for operation, options in candidates:
        usable = options if colliding[options[0]] == 1 else options[1:] + options[:1]
        name = next((option for option in usable if option not in names and _is_free(option, colliding, options)), "")
        names[name or _with_digest(options[0], operation)] = operation
    return names


def _is_free(option: str, colliding: Mapping[str, int], options: list[str]) -> bool:
    """Return whether `option` is not the first choice of another operation."""
    return option not in colliding or option == options[0]


def _with_digest(name: str, operation: PathOperation) -> str:
    digest = hashlib.sha256(operation.place.encode()).hexdigest()[:6]
    return f"{name[: _LONGEST - 7].rstrip('_')}_{digest}"


def _candidates(operation: PathOperation) -> Iterable[str]:
    """Yield the names an operation could have, best first; there is always one."""
    options = []
    written = operation.raw.get("operationId")
    words = _path_words(operation.path)
    if isinstance(written, str) and (name := _without_path_tail(snake_case(written), operation)):
        options.append(name)
        if _is_mechanical(name, operation):
            options.pop()
    summary = snake_case(_without_filler(str(operation.raw.get("summary") or "")))
    options += [summary] if summary and summary.count("_") < 8 else []
    verb = _verb(operation, words)
    options += ["_".join([verb, *words]), "_".join([verb, *words[-2:]])]
    usable = [option for option in options if option and len(option) <= _LONGEST]
    yield from dict.fromkeys(_safe(option) for option in usable or [_cut("_".join([verb, *words]))])


def _safe(name: str) -> str:
    return name if name.isidentifier() else f"do_{name}"


def _cut(name: str) -> str:
    return name[:_LONGEST].rpartition("_")[0] or name[:_LONGEST]


def _path_words(path: str) -> list[str]:
    segments = [
        part for part in path_template(path).partition("?")[0].split("/") if part and not _PLACEHOLDER.search(part)
    ]
    words = [snake_case(segment) for segment in segments if not re.fullmatch(r"v\d+(?:\.\d+)*", segment)]
    return [word for word in words if word] or ["root"]


def _verb(operation: PathOperation, words: list[str]) -> str:
    last = operation.path.rstrip("/").rpartition("/")[2]
    if operation.method == "get" and not _PLACEHOLDER.search(last) and words[-1].endswith("s"):
        return "list"
    return _VERBS.get(operation.method, operation.method)


def _without_path_tail(name: str, operation: PathOperation) -> str:
    """Return an operationId without what FastAPI appends to it: the path and the method."""
    tail = snake_case(_PLACEHOLDER.sub(r"\1", operation.path).replace("/", " "))
    ending = f"_{tail}_{operation.method}"
    return name.removesuffix(ending) if name.endswith(ending) and name != ending[1:] else name


def _is_mechanical(name: str, operation: PathOperation) -> bool:
    """Return whether an operationId only says method and path again ("post_files_id_content")."""
    words = name.split("_")
    fixed = set("_".join(_path_words(operation.path)).split("_"))
    placeholders = {word for found in _PLACEHOLDER.findall(operation.path) for word in snake_case(found).split("_")}
    return words[0] == operation.method and fixed <= set(words[1:]) <= {*fixed, *placeholders, "id", "v1", "v2"}


def _without_filler(summary: str) -> str:
    words = re.sub(r"\([^)]*\)", " ", summary.replace("'s", "")).split()
    return " ".join(word for word in words if word.lower() not in _FILLER)


def display_title(name: str) -> str:
    """Return what a host displays: "List Files" for "list_files"."""
    return " ".join(word.upper() if word in _ACRONYMS else word.capitalize() for word in name.split("_"))
