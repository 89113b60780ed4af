"""Files of results: what Orange shows from a folder instead of from a cell."""

import hashlib
import re
from pathlib import Path

from ...engine.io.media_files import media_suffix

__all__ = ["save_file"]


def save_file(data: bytes, name: str, folder: Path) -> str:
    """Keep `data` in `folder` under a readable name that tells contents apart, and return the file's name.

    The same data under the same name is one file: a run that resumes writes nothing twice.
    """
    readable = re.sub(r"[^\w-]+", "-", name).strip("-")[:60] or "result"
    file = folder / f"{readable}-{hashlib.sha256(data).hexdigest()[:10]}{media_suffix(data)}"
    if file.exists():
        file.touch()  # it is in use: what is removed by age stays
    else:
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_name(f".{file.name}.part")
        unfinished.write_bytes(data)
        unfinished.replace(file)
    return file.name
