"""What the sandbox says, whether it is asked as a chat or for a response: plain rules, and it says so."""

from collections.abc import Sequence
from hashlib import blake2b
from random import Random
from typing import Any

from .chat_body import Function, Json
from .errors import ApiError
from .schema_samples import sample_of

__all__ = ["IMAGE_TOKENS", "call_function", "cut", "logprob", "reply", "reply_key"]

QUOTED = 400  # characters of the user's text an answer repeats
IMAGE_TOKENS = 85


def reply_key(*content: object) -> str:
    """Return what decides everything drawn by chance, in 24 hexadecimal digits."""
    return blake2b(":".join(map(str, content)).encode(), digest_size=12).hexdigest()


def reply(
    text: str,
    pictures: Sequence[str],
    chance: Random,
    *,
    index: int = 0,
    results: Sequence[str] = (),
    schema: dict[str, Any] | None = None,
    as_object: bool = False,
) -> str:
    """Return an answer.

    Args:
        text: What the user wrote.
        pictures: A phrase for each image that came with it.
        chance: Fills the schema.
        index: The number of the choice, from 0.
        results: What functions returned that were called before.
        schema: The answer is JSON of this schema.
        as_object: The answer is a JSON object.
    """
    if schema is not None:
        return Json.encode(sample_of(schema, chance)).decode()
    seen = f" It sees {', '.join(pictures)}." if pictures else ""
    returned = f" The function returned: {', '.join(map(_quote, results))}." if results else ""
    choice = f" This is choice {index + 1}." if index else ""
    answer = f"The sandbox answers by plain rules, without a model.{choice}{seen}{returned} You wrote: {_quote(text)}"
    return Json.encode({"sandbox": True, "answer": answer}).decode() if as_object else answer


def _quote(text: str) -> str:
    return text if len(text) <= QUOTED else f"{text[:QUOTED]}…"


def call_function(
    functions: Sequence[Function],
    choice: str | None,
    named: str | None,
    *,
    text: str,
    results: Sequence[str],
    chance: Random,
) -> tuple[str, str] | None:
    """Return name and JSON arguments of the called function, or None.

    It is the named one, the first where one is required, else one that the user's text names, unless functions have
    returned something already.

    Args:
        functions: Those that may be called.
        choice: `none`, `auto` or `required`; None is auto.
        named: The function that must be called.
        text: What the user wrote.
        results: What functions returned that were called for it.
        chance: Fills the arguments.

    Raises:
        ApiError: 400 where the named function is none of them.
    """
    if named is not None:
        called = next((function for function in functions if function.name == named), None)
        if called is None:
            raise ApiError(f"Tool '{named}' not found in 'tools' parameter.", param="tool_choice", code="invalid_value")
    elif choice == "required":
        called = functions[0]
    elif choice == "none" or results:
        called = None
    else:
        called = next((function for function in functions if function.name in text), None)
    if called is None:
        return None
    return called.name, Json.encode(sample_of(called.parameters or {}, chance)).decode()


def cut(content: str, stops: Sequence[str], limit: int | None) -> tuple[str, str]:
    """Return the content up to the first stop sequence or the last allowed token, and why it ends.

    Args:
        content: The whole answer; a word is a token here.
        stops: Stop sequences.
        limit: Tokens at most.

    Returns:
        The content, and `stop` or `length`.
    """
    places = [content.index(stop) for stop in stops if stop in content]
    content = content[: min(places)] if places else content
    if limit and len(content.split()) > limit:
        return " ".join(content.split()[:limit]), "length"
    return content, "stop"


def logprob(token: str) -> dict[str, Any]:
    """Return the log probability of a word: a rule is certain of it."""
    return {"token": token, "logprob": 0.0, "bytes": list(token.encode()), "top_logprobs": []}
