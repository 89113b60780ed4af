"""Looking at files of any kind. Pure: bytes and a name in, facts out."""

from mimetypes import MimeTypes

from ....port_types.errors import InvalidInput
from ....port_types.files import File, FileRules
from .audio import AUDIO_EXTENSIONS, sniff_audio
from .images import EXTENSIONS, sniff_image

__all__ = ["check_any_file"]

_BY_NAME = MimeTypes()  # Python's own list, so that a file is sent as the same bytes from every machine
_BY_NAME.add_type("application/jsonl", ".jsonl")
_BY_NAME.add_type("text/markdown", ".md")


def check_any_file(file: File, rules: FileRules) -> File:
    """Return `file` with the MIME type that its bytes show, or else its name.

    Raises:
        InvalidInput: it is empty, not of a kind that is taken, or too large; the sentence starts with "it".
    """
    if not file.data:
        raise InvalidInput("it is empty (0 bytes)")
    mime = sniff_image(file.data) or sniff_audio(file.data) or _named_type(file.name)
    if rules.accepts and mime not in rules.accepts:
        wanted = ", ".join(accepted.partition("/")[2] for accepted in rules.accepts)
        raise InvalidInput(f"it is {mime or 'of an unknown kind'}, but one of {wanted} is needed")
    if len(file.data) >= rules.max_bytes:
        raise InvalidInput(
            f"it has {len(file.data) / 1e6:.1f} MB, but less than {rules.max_bytes / 1e6:.1f} MB is needed"
        )
    return File(file.data, file.name, mime or "application/octet-stream")


def _named_type(name: str) -> str:
    """Return the MIME type that a name says, "" for none and for one that bytes would show."""
    mime = _BY_NAME.guess_type(name)[0] or ""
    return "" if mime in EXTENSIONS or mime in AUDIO_EXTENSIONS else mime
