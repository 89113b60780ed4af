"""Files as inputs: one, those of a folder with its subfolders, or those of a pattern such as photos/*.jpg."""

from collections import Counter
from itertools import chain
from pathlib import Path

from ....nodes.base.media.audio import AUDIO_EXTENSIONS
from ....port_types.errors import InvalidInput
from ....port_types.fields import Field, FieldKind
from .rows import Input, Row

__all__ = ["ALL_MEDIA_SUFFIXES", "MEDIA_SUFFIXES", "open_media_files"]

MEDIA_SUFFIXES = {
    FieldKind.IMAGE: (
        *(".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"),
        *(".avif", ".heic", ".heif"),
    ),
    FieldKind.AUDIO: tuple(chain.from_iterable(AUDIO_EXTENSIONS.values())),
}
"""What is picked from a folder, by the kind of the field it is for; for a kind that is not here, every file."""

ALL_MEDIA_SUFFIXES = tuple(chain.from_iterable(MEDIA_SUFFIXES.values()))

_WORDS = {FieldKind.IMAGE: "images", FieldKind.AUDIO: "recordings", FieldKind.FILE: "files"}


def open_media_files(path: Path, files: list[Path], field: Field) -> Input:
    """Return one row for each file that `field` can take; what is left out is counted in the notes.

    Args:
        path: what the user named: a file, a folder or a pattern.
        files: the files it stands for.
        field: the field they are for.

    Raises:
        InvalidInput: none of the files has a fitting suffix.
    """
    import pyarrow as pa

    suffixes = MEDIA_SUFFIXES.get(field.kind, ())
    any_will_do = files == [path] or not suffixes
    chosen = files if any_will_do else [file for file in files if file.suffix.lower() in suffixes]
    if not chosen:
        place = f"The folder {path}" if path.is_dir() else str(path)
        kinds = f" ({', '.join(suffixes)})" if suffixes else ""
        raise InvalidInput(f"{place} has no {_WORDS[field.kind]}{kinds}.")
    names = [file.relative_to(path).as_posix() if path.is_dir() else file.name for file in chosen]
    # A pattern may name files of one name in several folders.
    keys = names if len(set(names)) == len(names) else [str(file) for file in chosen]
    rows = (Row(name, {field.name: str(file)}, key) for name, file, key in zip(names, chosen, keys, strict=True))
    schema = pa.schema([(field.name, pa.string())])
    return Input(rows, schema, len(chosen), fields={field.name: field.name}, notes=_left_out(files, chosen))


def _left_out(files: list[Path], chosen: list[Path]) -> tuple[str, ...]:
    taken = set(chosen)
    left_out = Counter(file.suffix.lower() or "no suffix" for file in files if file not in taken)
    if not left_out:
        return ()
    counts = ", ".join(f"{number} {suffix}" for suffix, number in sorted(left_out.items()))
    number = left_out.total()
    return (f"{number} {'file was' if number == 1 else 'files were'} left out of the folder ({counts}).",)
