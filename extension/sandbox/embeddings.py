"""POST /embeddings: hashed pieces of words, so that similar texts have similar vectors."""

import zlib
from typing import Annotated, Any, Literal

import numpy as np
import pybase64
from msgspec import Meta
from numpy.typing import NDArray
from starlette.responses import Response

from .checks import Body
from .errors import ApiError, json_response
from .operation import JSON, Call, Operation

__all__ = ["OPERATIONS", "embed"]

DIMENSIONS = 256
MAX_TOKENS = 8192  # of one input


class EmbeddingRequest(Body, kw_only=True):
    """JSON body; `input` is a text, texts, a token list or token lists."""

    input: str | Annotated[list[str | int | list[int]], Meta(min_length=1, max_length=2048)]
    dimensions: Annotated[int, Meta(ge=1, le=3072)] | None = None
    encoding_format: Literal["float", "base64"] | None = None
    user: str | None = None


def create_embeddings(call: Call) -> Response:
    """Return one vector for each input, in order."""
    body: EmbeddingRequest = call.body
    pieces = [_pieces(text) for text in _inputs(body.input)]
    vectors = [_vector(own, body.dimensions or DIMENSIONS) for own in pieces]
    packed = body.encoding_format == "base64"
    tokens = sum(max(1, sum(piece[0] == "<" for piece in own)) for own in pieces)
    return json_response(
        {
            "object": "list",
            "data": [
                {
                    "object": "embedding",
                    "index": index,
                    "embedding": pybase64.b64encode(vector.tobytes()).decode() if packed else vector.tolist(),
                }
                for index, vector in enumerate(vectors)
            ],
            "model": call.model,
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        }
    )


def embed(text: str) -> NDArray[np.float32]:
    """Return the vector of a text, of length 1."""
    return _vector(_pieces(text), DIMENSIONS)


def _inputs(given: str | list[Any]) -> list[str | list[int]]:
    """Return the inputs one by one.

    Raises:
        ApiError: 400 for an empty input or a list that mixes texts and tokens.
    """
    if isinstance(given, str):
        inputs: list[Any] = [given]
    elif all(isinstance(token, int) for token in given):
        inputs = [given]
    else:
        inputs = given
    if len({type(entry) for entry in inputs}) > 1:
        raise _refusal("Invalid 'input': texts and tokens cannot be mixed.")
    for index, entry in enumerate(inputs):
        if not entry:
            raise _refusal(f"Invalid 'input[{index}]': input cannot be an empty string or list.")
    return inputs


def _pieces(entry: str | list[int]) -> list[str]:
    """Return whole words (marked `<word>`) and runs of three characters; tokens stand for words."""
    words = [f"#{token}" for token in entry] if isinstance(entry, list) else entry.lower().split()
    if len(words) > MAX_TOKENS:
        raise _refusal(f"This model's maximum context length is {MAX_TOKENS} tokens, but you sent {len(words)}.")
    pieces: list[str] = []
    for word in words:
        framed = f"<{word}>"
        pieces.append(framed)
        pieces.extend(f"~{framed[at : at + 3]}" for at in range(len(framed) - 2))
    return pieces


def _vector(pieces: list[str], dimensions: int) -> NDArray[np.float32]:
    hashes = np.array([zlib.crc32(piece.encode()) for piece in pieces] or [0], dtype=np.int64)
    signs = np.where(hashes & 1, 1.0, -1.0)
    sums = np.bincount((hashes >> 1) % dimensions, weights=signs, minlength=dimensions)
    length = float(np.linalg.norm(sums))
    if length == 0:  # the pieces cancelled each other out
        sums[0] = length = 1.0
    return (sums / length).astype("<f4")


def _refusal(message: str) -> ApiError:
    return ApiError(message, param="input", code="invalid_value")


OPERATIONS = (Operation("POST", "/embeddings", create_embeddings, {JSON: EmbeddingRequest}, heavy=True),)
