"""A service that an OpenAPI document describes: requests are checked by it, answers are its examples or made up.

Like the rest of the sandbox it reads the document in its own way, so that a mistake in how nodes read it shows.
"""

import contextlib
import io
import re
import wave
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from random import Random
from typing import Any
from urllib.parse import parse_qsl, unquote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .document_checks import DocumentChecks, resolve
from .document_jobs import DocumentJobs
from .document_pages import page_of
from .errors import ApiError, json_response
from .operation import Endpoint, Operation
from .schema_samples import sample_within
from .service import Service

__all__ = ["document_routes"]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_PLACEHOLDER = re.compile(r"\{[^{}/]+\}")
_FURTHER_PAGES = re.compile(r"has_?(?:more|next).*|next.*|.*next_?(?:page|cursor|token|marker).*", re.IGNORECASE)


def document_routes(document: Mapping[str, Any], service: Service, prefix: str) -> list[Route]:
    """Return the routes of a document's operations, those with fixed paths first.

    Args:
        document: OpenAPI 3 as data.
        service: the sandbox's own.
        prefix: of all paths.
    """
    checks = DocumentChecks(document)
    jobs = DocumentJobs(document, service.jobs)
    served: dict[tuple[str, str], list[DocumentOperation]] = {}
    for one in sorted(_operations(document, checks), key=lambda one: len(_PLACEHOLDER.findall(one.path))):
        served.setdefault((one.route_path, one.method.upper()), []).append(one)
    return [
        Route(prefix + path, DocumentEndpoint(alike, service, jobs), methods=[method])
        for (path, method), alike in served.items()
    ]


def _operations(document: Mapping[str, Any], checks: DocumentChecks) -> Iterator["DocumentOperation"]:
    for path, raw_item in (document.get("paths") or {}).items():
        item = resolve(document, raw_item)
        for method in METHODS:
            if isinstance(item.get(method), Mapping):
                yield DocumentOperation(document, checks, path, method, item, item[method])


@dataclass(frozen=True)
class DocumentOperation:
    """One operation of a document.

    Attributes:
        document: OpenAPI 3 as data.
        checks: those of the document.
        written: path as the document has it; a fragment or a query tells it from others of the same path.
        method: lower case.
        item: the path item.
        raw: the operation.
    """

    document: Mapping[str, Any]
    checks: DocumentChecks
    written: str
    method: str
    item: Mapping[str, Any]
    raw: Mapping[str, Any]

    @property
    def path(self) -> str:
        """The template, without a query or a fragment."""
        return re.split(r"[?#]", self.written)[0]

    @property
    def route_path(self) -> str:
        """The path as the router writes it, in which placeholders have plain names."""
        numbers = iter(range(100))
        return _PLACEHOLDER.sub(lambda _: f"{{p{next(numbers)}}}", self.path)

    @cached_property
    def parameters(self) -> list[Mapping[str, Any]]:
        """The parameters, those of the path item overridden."""
        found = {}
        for node in (*(self.item.get("parameters") or ()), *(self.raw.get("parameters") or ())):
            parameter = resolve(self.document, node)
            found[parameter.get("name"), parameter.get("in")] = parameter
        fixed = parse_qsl(self.written.partition("#")[0].partition("?")[2], keep_blank_values=True)
        return [*found.values(), *({"name": name, "in": "query"} for name, _ in fixed)]

    async def check(self, request: Request) -> None:
        """Check a request.

        Raises:
            ApiError: the document does not allow it.
        """
        values = [unquote(value) for value in request.path_params.values()]
        names = [found[1:-1] for found in _PLACEHOLDER.findall(self.path)]
        self.checks.check_parameters(self.parameters, request, dict(zip(names, values, strict=True)))
        await self.checks.check_body(self.raw.get("requestBody"), request)

    @property
    def place(self) -> str:
        """Method and path, as the document has them."""
        return f"{self.method.upper()} {self.written}"

    def answer(self, request: Request, chance: Random, adapt: Callable[[Any], Any]) -> Response:
        """Return the answer to a request as when all is well; one of JSON as `adapt` changes it."""
        responses = self.raw.get("responses") or {}
        good = sorted(status for status in map(str, responses) if status.upper().startswith("2"))
        status = good[0] if good else "default"
        response = resolve(self.document, responses.get(status, responses.get(int(status) if status.isdigit() else "")))
        code = int(status) if status.isdigit() else 200
        content = response.get("content") or {}
        if not content or self.method == "head":
            return Response(status_code=204 if code == 200 else code)
        kind = min(content, key=lambda one: ("json" not in one, one == "text/event-stream"))
        media = content[kind] or {}
        if "json" in kind or kind == "*/*":
            body, headers = adapt(_one_page(self._example(media, chance))), {}
            if isinstance(body, list) and any(name.lower() == "link" for name in response.get("headers") or ()):
                body, link = page_of(request, self.parameters, body)
                headers = {"Link": link} if link else {}
            return json_response(body, code, headers)
        return Response(_file(kind), code, media_type=kind if "*" not in kind else "application/octet-stream")

    def _example(self, media: Mapping[str, Any], chance: Random) -> Any:
        if "example" in media:
            return media["example"]
        for named in (media.get("examples") or {}).values():
            example = resolve(self.document, named)
            if "value" in example:
                return example["value"]
        schema = media.get("schema") or {}
        return schema["example"] if "example" in schema else sample_within(schema, self.document, chance)


class DocumentEndpoint(Endpoint):
    """The ASGI application of one path and method; several operations share them where a document so has it."""

    def __init__(self, operations: Sequence[DocumentOperation], service: Service, jobs: DocumentJobs) -> None:
        first, self._jobs = operations[0], jobs
        super().__init__(Operation(first.method.upper(), first.path, lambda _: Response()), service)
        self._alike = operations

    async def _handled(self, request: Request) -> Response:
        fault = await self._service.faults.draw(request)
        if fault and fault.response:
            return fault.response
        described = await self._find(request)
        seed = f"{self._service.options.seed}:{request.method}:{request.url.path}"
        chance = Random(seed)  # noqa: S311  # a rehearsal, no secret
        response = described.answer(request, chance, partial(self._jobs.adapt, described.place, request))
        return fault.spoil(response) if fault else response

    async def _find(self, request: Request) -> DocumentOperation:
        """Return the first operation that allows a request.

        Raises:
            ApiError: none does; this is what the last one says.
        """
        for operation in self._alike[:-1]:
            with contextlib.suppress(ApiError):
                await operation.check(request)
                return operation
        await self._alike[-1].check(request)
        return self._alike[-1]


def _one_page(body: Any, depth: int = 0) -> Any:
    """Return a body that says that there is no further page: made-up pages would never end."""
    if not isinstance(body, dict) or depth > 2:
        return body
    last = {bool: False, str: ""}
    return {
        name: last.get(type(value)) if _FURTHER_PAGES.fullmatch(name) else _one_page(value, depth + 1)
        for name, value in body.items()
    }


def _file(kind: str) -> bytes:
    """Return a small file of a media type."""
    if kind.startswith("image/") and "svg" not in kind:
        from PIL import Image

        buffer = io.BytesIO()
        Image.new("RGB", (64, 64), "#a9d5c9").save(buffer, "JPEG" if "jp" in kind else "PNG")
        return buffer.getvalue()
    if kind == "application/pdf":
        return b"%PDF-1.4\n%%EOF\n"
    if kind == "text/event-stream":
        return b"data: [DONE]\n\n"
    if kind.startswith("audio/"):
        return _silence()
    return b"sandbox\n"


def _silence() -> bytes:
    """Return a tenth of a second of nothing, as WAV."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as recording:
        recording.setparams((1, 2, 8000, 0, "NONE", "not compressed"))
        recording.writeframes(bytes(1600))
    return buffer.getvalue()
