"""One attempt: a request out, a whole answer in, within bounds of size and time."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ....nodes.base import Response
from ....port_types.errors import RequestFailed, RunStopped, StopReason
from .client import ApiClient

if TYPE_CHECKING:
    import httpx

__all__ = ["MAX_RESPONSE_BYTES", "EncodedRequest", "Unreachable", "exchange", "read_whole"]

MAX_RESPONSE_BYTES = 512_000_000
"""Ten of the largest images as base64 stay below; more is not read into memory."""


class Unreachable(RequestFailed):
    """The attempt brought no whole answer: no connection, a timeout, a broken body. Another one may."""


@dataclass(frozen=True)
class EncodedRequest:
    """A request as it goes over the wire; the body is in parts, so that a file need not be copied."""

    method: str
    url: "httpx.URL"
    headers: dict[str, str]
    chunks: list[bytes]


async def exchange(service: ApiClient, outgoing: EncodedRequest, seconds: float) -> Response:
    """Send one request and return its answer, whatever its status.

    Args:
        service: the way to the service.
        outgoing: what to send.
        seconds: time for all of it.

    Raises:
        Unreachable: there is no whole answer.
        RunStopped: there never will be one, because the certificate is not trusted.
    """
    import httpx

    async def parts() -> AsyncIterator[bytes]:
        for chunk in outgoing.chunks:
            yield chunk

    several = len(outgoing.chunks) > 1
    # With a stream, httpx leaves the headers as they are.
    body: Any = {"content": parts()} if several else {"stream": httpx.ByteStream(b"".join(outgoing.chunks))}
    try:
        async with asyncio.timeout(seconds):
            request = httpx.Request(
                outgoing.method, outgoing.url, headers=outgoing.headers, extensions=service.extensions, **body
            )
            response = await service.send(request)
            try:
                return await read_whole(response, MAX_RESPONSE_BYTES)
            finally:
                await response.aclose()
    except (TimeoutError, httpx.TimeoutException):
        raise Unreachable(f"the service did not answer within {seconds:g} s (Timeout)") from None
    except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, ssl.SSLError) as error:
        raise _unreachable(error, outgoing.url.netloc.decode()) from None


async def read_whole(response: "httpx.Response", limit: int) -> Response:
    """Return the answer whose body is still to be read.

    Raises:
        RequestFailed: it is larger than `limit` bytes.
    """
    headers = {name.lower().decode("latin-1"): value.decode("latin-1") for name, value in response.headers.raw}
    announced = headers.get("content-length", "")
    # Past httpx's decoders where there is nothing to decode.
    encoded = headers.get("content-encoding", "identity") != "identity"
    body = response.aiter_bytes() if encoded else response.stream
    chunks: list[bytes] = []
    size = 0
    if not (announced.isdigit() and int(announced) > limit):
        async for chunk in body:  # type: ignore[union-attr]  # an asynchronous client's stream
            chunks.append(chunk)
            size += len(chunk)
            if size > limit:
                break
        else:
            return Response(response.status_code, headers, b"".join(chunks))
    raise RequestFailed(f"the service answered with more than {limit // 1_000_000} MB", status=response.status_code)


def _unreachable(error: Exception, host: str) -> RequestFailed | RunStopped:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return RunStopped(
                f"the certificate of {host} is not trusted: {cause.verify_message}.", StopReason.CERTIFICATE
            )
        cause = cause.__cause__ or cause.__context__
    return Unreachable(f"no whole answer from {host}: {' '.join(str(error).split())[:150] or type(error).__name__}")
