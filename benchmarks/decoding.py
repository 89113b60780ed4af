"""How long the images of an answer take to decode: ours against json and base64, by time in this process."""

import base64
import json
import statistics
import time
from collections.abc import Callable

from samples import images_answer

from endpoint_nodes.nodes.base import Response
from endpoint_nodes.nodes.create_image_variation import CreateImageVariation

__all__ = ["decoding_ratio"]


def decoding_ratio(size: int, rounds: int) -> float:
    """Return our time as a multiple of the standard library's, the median of interleaved rounds."""
    body, call = images_answer(size, 1), CreateImageVariation().call()
    headers = {"content-type": "application/json"}

    def ours() -> object:
        return call.rows(Response(200, headers, body))[0]["image"]

    def plain() -> object:
        return base64.b64decode(json.loads(body)["data"][0]["b64_json"])

    return statistics.median(_seconds(ours) / _seconds(plain) for _ in range(rounds))


def _seconds(work: Callable[[], object]) -> float:
    began = time.thread_time()
    for _ in range(10):
        work()
    return time.thread_time() - began
