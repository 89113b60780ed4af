"""Files of results: what Orange shows from a folder instead of from a cell."""

import hashlib
import re
from pathlib import Path

from ....nodes.base.media.images import EXTENSIONS, sniff_image

__all__ = ["save_file"]

AUDIO = {b"RIFF": ".wav", b"fLaC": ".flac", b"OggS": ".opus", b"ID3": ".mp3"}
"""Extensions by the first bytes; what shows none is MP3 or AAC frames, and players look for themselves."""


def save_file(data: bytes, name: str, folder: Path) -> str:
    """Keep `data` in `folder` under a readable name that tells contents apart, and return the file's name.

    The same data under the same name is one file: a run that is taken up again writes nothing twice.
    """
    extension = EXTENSIONS.get(sniff_image(data), "") or next(
        (each for start, each in AUDIO.items() if data.startswith(start)), ".mp3"
    )
    readable = re.sub(r"[^\w-]+", "-", name).strip("-")[:60] or "result"
    file = folder / f"{readable}-{hashlib.sha256(data).hexdigest()[:10]}{extension}"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_name(f".{file.name}.part")
        unfinished.write_bytes(data)
        unfinished.replace(file)
    return file.name
