"""What travels in a measurement: prompts, images and answers of a given size, the same in every run."""

import base64
import json
import random
import struct
import zlib

__all__ = ["chat_answer", "images_answer", "png"]

ANSWER = "Plums ripen from July to October; early ones are tart, late ones sweet enough for jam without sugar. "


def png(size: int) -> bytes:
    """Return a valid square PNG of about `size` bytes: noise, stored without compression, as photos hardly compress."""
    side = int((size / 3) ** 0.5)
    noise = random.Random(size)  # noqa: S311 - the same picture in every run
    pixels = b"".join(b"\0" + noise.randbytes(side * 3) for _ in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(pixels, 0)) + _chunk(b"IEND")


def _chunk(kind: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def chat_answer() -> bytes:
    """Return the JSON body of a chat completion of about 1 KB."""
    message = {"role": "assistant", "content": ANSWER * 6, "refusal": None, "annotations": []}
    usage = {"prompt_tokens": 24, "completion_tokens": 126, "total_tokens": 150}
    return json.dumps(
        {
            "id": "chatcmpl-benchmark",
            "object": "chat.completion",
            "created": 1_790_000_000,
            "model": "benchmark",
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
            "usage": usage,
        }
    ).encode()


def images_answer(size: int, n: int, url: str = "") -> bytes:
    """Return the JSON body of `n` images of `size` bytes, as base64 or, if `url` is given, as that url."""
    item = {"url": url} if url else {"b64_json": base64.b64encode(png(size)).decode()}
    return json.dumps({"created": 1_790_000_000, "data": [item] * n}).encode()
