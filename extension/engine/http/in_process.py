"""The sandbox in this process: requests become calls of its application and never leave it."""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from ....nodes.base import Response
from ....port_types.configuration import SANDBOX, Configuration
from ....port_types.errors import InvalidSetting
from .attempt import EncodedRequest, FileChunk, Unreachable, too_large

__all__ = ["SANDBOX_ORIGIN", "SandboxClient"]

SANDBOX_ORIGIN = "http://sandbox.localhost"
"""Made-up origin of the sandbox in this process."""


class SandboxClient:
    """An `HttpClient` whose only service is a sandbox of its own.

    Args:
        configuration: its base url holds the sandbox's options.

    Raises:
        InvalidSetting: an option is wrong.
    """

    def __init__(self, configuration: Configuration) -> None:
        import httpx

        from ...sandbox import SandboxOptions, create_app

        pairs = parse_qsl(configuration.base_url.removeprefix(SANDBOX).removeprefix("?"), keep_blank_values=True)
        pack = dict(pairs).get("pack")
        document = _document(pack) if pack else None
        try:
            options = SandboxOptions.from_query(urlencode([(name, value) for name, value in pairs if name != "pack"]))
        except ValueError as error:
            raise InvalidSetting(f"base_url {configuration.base_url!r} has a wrong sandbox option: {error}") from None
        self._transport = httpx.ASGITransport(create_app(options, document))

    async def send_once(self, request: EncodedRequest) -> Response:
        import httpx

        # With a stream, httpx leaves the headers as they are.
        content = httpx.ByteStream(b"".join(map(_content, request.chunks)))
        url = httpx.URL(request.url)
        headers = {"Host": url.netloc.decode(), **request.headers}
        sent = httpx.Request(request.method, url, headers=headers, stream=content)
        try:
            async with asyncio.timeout(request.timeout):
                response = await self._transport.handle_async_request(sent)
                body = await response.aread()
        except TimeoutError:
            raise Unreachable(f"the service did not answer within {request.timeout:g} s (Timeout)") from None
        if request.on_line and response.status_code < 300:
            head = Response(response.status_code, dict(response.headers.items()), b"")
            for line in body.splitlines():
                await request.on_line(head, line)
            return head
        if len(body) > request.max_bytes:
            raise too_large(response.status_code, request.max_bytes)
        return Response(response.status_code, dict(response.headers.items()), body)


def _content(chunk: bytes | FileChunk) -> bytes:
    return b"".join(chunk.pieces()) if isinstance(chunk, FileChunk) else chunk


def _document(pack: str) -> Mapping[str, Any]:
    """Return the document of a pack, as one."""
    from ....nodes.openapi.bundle import bundle
    from ..packs import load_pack

    return bundle(load_pack(pack).document)
