"""Images behind urls, kept for an hour as OpenAI keeps them, in bounded memory."""

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b

__all__ = ["ImageFiles", "StoredImage"]


@dataclass(frozen=True)
class StoredImage:
    """One image handed out; `expires` is on the monotonic clock, in seconds."""

    data: bytes
    media_type: str
    expires: float


class ImageFiles:
    """Images by name; the oldest leave when their hour or the memory is over."""

    def __init__(self, lifetime: float = 3600.0, capacity: int = 256_000_000) -> None:
        self._lifetime = lifetime  # seconds
        self._capacity = capacity  # bytes
        self._images: OrderedDict[str, StoredImage] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()  # handlers that draw images run in worker threads

    def put(self, data: bytes, media_type: str, extension: str) -> str:
        """Keep an image and return its name."""
        name = f"{blake2b(data, digest_size=16).hexdigest()}.{extension}"
        with self._lock:
            self._drop(name)
            self._images[name] = StoredImage(data, media_type, time.monotonic() + self._lifetime)
            self._size += len(data)
            while self._size > self._capacity and len(self._images) > 1:
                self._drop(next(iter(self._images)))
        return name

    def get(self, name: str) -> StoredImage | None:
        """Return the image of this name, or None once it has expired."""
        with self._lock:
            image = self._images.get(name)
            if image and image.expires < time.monotonic():
                self._drop(name)
                return None
            return image

    def _drop(self, name: str) -> None:
        image = self._images.pop(name, None)
        self._size -= len(image.data) if image else 0
