"""POST /moderations: word lists, in the shape of a moderation model."""

import re
from hashlib import blake2b
from typing import Annotated, Any

from msgspec import Meta
from starlette.responses import Response

from .chat_body import Picture, Text
from .checks import Body
from .errors import json_response
from .image_source import describe_image
from .operation import JSON, Call, Operation

__all__ = ["OPERATIONS"]

# The categories of omni-moderation; a category without words is never raised here.
CATEGORIES: dict[str, tuple[str, ...]] = {
    "harassment": ("idiot", "stupid", "loser", "moron"),
    "harassment/threatening": ("threaten",),
    "hate": ("hate", "despise"),
    "hate/threatening": (),
    "illicit": ("smuggle", "counterfeit", "heroin", "cocaine"),
    "illicit/violent": ("bomb", "explosive"),
    "self-harm": ("suicide",),
    "self-harm/intent": (),
    "self-harm/instructions": (),
    "sexual": ("porn", "nude"),
    "sexual/minors": (),
    "violence": ("kill", "murder", "stab", "shoot", "attack", "bomb"),
    "violence/graphic": ("gore", "blood", "dismember"),
}
IN_IMAGES = (
    "self-harm",
    "self-harm/intent",
    "self-harm/instructions",
    "sexual",
    "violence",
    "violence/graphic",
)
FLAGGED = 0.5


class ModerationRequest(Body, kw_only=True):
    """JSON body; texts are judged one by one, parts together."""

    input: str | Annotated[list[str | Text | Picture], Meta(min_length=1)]


def create_moderation(call: Call) -> Response:
    """Return a result for each text, or one for all parts."""
    given = call.body.input
    texts = [given] if isinstance(given, str) else [text for text in given if isinstance(text, str)]
    parts = [] if isinstance(given, str) else [part for part in given if not isinstance(part, str)]
    results = [_judge(text, ["text"]) for text in texts]
    if parts:
        for part in parts:
            if isinstance(part, Picture):
                describe_image(part.image_url.url)  # refuses what is not an image; plain rules see nothing in one
        spoken = "\n".join(part.text for part in parts if isinstance(part, Text))
        kinds = sorted({"text" if isinstance(part, Text) else "image" for part in parts})
        results.append(_judge(spoken, kinds))
    key = blake2b(repr(texts + parts).encode(), digest_size=12).hexdigest()
    return json_response({"id": f"modr-sandbox-{key}", "model": call.model, "results": results})


def _judge(text: str, kinds: list[str]) -> dict[str, Any]:
    words = re.findall(r"\w+", text.lower())
    scores = {name: _score(words, hot) for name, hot in CATEGORIES.items()}
    categories = {name: score >= FLAGGED for name, score in scores.items()}
    return {
        "flagged": any(categories.values()),
        "categories": categories,
        "category_scores": scores,
        "category_applied_input_types": {
            name: [kind for kind in kinds if kind == "text" or name in IN_IMAGES] for name in CATEGORIES
        },
    }


def _score(words: list[str], hot: tuple[str, ...]) -> float:
    """Return nearly 0 without a listed word, over a half with one, nearer 1 with each more."""
    hits = sum(word.startswith(hot) for word in words) if hot else 0
    return round(1 - 0.4**hits, 6) if hits else 0.0001


OPERATIONS = (Operation("POST", "/moderations", create_moderation, {JSON: ModerationRequest}),)
