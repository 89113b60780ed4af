"""POST /content_provenance_checks: a C2PA manifest is found by its name; SynthID, which only its makers read, never."""

import re
import time

from starlette.responses import Response

from .checks import Fields, Upload
from .errors import ApiError, json_response
from .operation import FORM, Call, Operation

__all__ = ["OPERATIONS"]

IMAGE = re.compile(rb"\x89PNG|\xff\xd8\xff|GIF8|RIFF.{4}WEBP", re.DOTALL)
AUDIO = re.compile(rb"RIFF.{4}WAVE|ID3|\xff[\xe0-\xff]|fLaC|OggS|\x1aE\xdf\xa3|.{4}ftyp", re.DOTALL)


class ProvenanceRequest(Fields, kw_only=True):
    """Multipart body of a check."""

    file: Upload


def check_provenance(call: Call) -> Response:
    """Return what each signal says of an image or a recording."""
    data = call.body.file.data
    if not IMAGE.match(data) and not AUDIO.match(data):
        raise ApiError("The file is not an image or audio file that can be checked.", param="file", code="invalid_file")
    nothing = {"outcome": "not_detected", "model": None, "generated_at": None}
    results = [{"type": "synthid", **nothing}]
    if IMAGE.match(data):
        found = b"c2pa" in data
        state = {"validation_state": "valid" if found else "not_present", "issuer": "Sandbox" if found else None}
        results.insert(0, {"type": "c2pa", **nothing, "outcome": "detected" if found else "not_detected", **state})
    return json_response({"object": "content_provenance_check", "created_at": int(time.time()), "results": results})


OPERATIONS = (Operation("POST", "/content_provenance_checks", check_provenance, {FORM: ProvenanceRequest}),)
