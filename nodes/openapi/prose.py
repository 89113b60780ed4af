"""Words from documents: descriptions as plain text, labels, names that Python can use."""

import html
import keyword
import re
import unicodedata
from collections.abc import Collection, Sequence

__all__ = ["plain_text", "sentence_case", "shorten", "snake_case", "unique_name"]

_TAGS = (
    "a|b|blockquote|br|code|dd|details|div|dl|dt|em|font|h[1-6]|hr|i|img|kbd|li|mark|note|ol|p|pre|s|small|span|strong"
    "|sub|summary|sup|table|tbody|td|th|thead|tr|tt|u|ul"
)
"""What is taken for HTML; other words in angle brackets are placeholders."""
_MARKUP = [
    (re.compile(r"<!--.*?-->|```.*?```|<(script|style).*?</\1>", re.DOTALL), " "),
    (re.compile(r"!\[[^\]]*\]\([^)]*\)"), " "),
    (re.compile(r"\[([^\]]*)\]\([^)]*\)|\[([^\]]+)\]\[[^\]]*\]"), r"\1\2"),
    (re.compile(rf"</?(?:{_TAGS})\b[^<>]*>", re.IGNORECASE), " "),
    (re.compile(r"^\s{0,3}(?:#{1,6}|>)\s+|^\s*(?:[-*_]\s*){3,}$", re.MULTILINE), ""),
    (re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<![\w*])([*_])(?=\S)(.+?)(?<=\S)\1(?![\w*])"), r"\2"),
    (re.compile(r"`+([^`]*)`+"), r"\1"),
    (re.compile(r"\\([\\`*_{}\[\]()#+.!|-])"), r"\1"),
]
_BULLET = re.compile(r"\s*\n\s*(?:[-*+]|\d+[.)])\s+")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s")
_WORDS = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*|\d+[a-z]*|[^\W\d_]+")
_ACRONYMS = {"id", "url", "uri", "api", "ip", "ids", "urls", "json", "html", "http", "sms", "sha", "pdf", "xml", "csv"}
_LONGEST_NAME = 48


def plain_text(markdown: object, limit: int = 400) -> str:
    """Return a description without Markdown and HTML, cut after a sentence where it is longer than `limit`."""
    if not isinstance(markdown, str) or not markdown.strip():
        return ""
    text = markdown[: limit * 10]
    for pattern, replacement in _MARKUP:
        text = pattern.sub(replacement, text)
    text = _BULLET.sub("; ", text)
    text = " ".join(html.unescape(text).split()).replace(":; ", ": ").replace(".; ", ". ").removeprefix("; ")
    return shorten(re.sub(r"\s+([.,;:!?])(?=\s|$)", r"\1", text), limit)


def shorten(text: str, limit: int) -> str:
    """Return `text` up to the last sentence, or else the last word, that fits within `limit` characters."""
    if len(text) <= limit:
        return text
    kept = ""
    for sentence in _SENTENCE_END.split(text):
        if len(kept) + len(sentence) + 1 > limit:
            break
        kept = f"{kept} {sentence}".strip()
    return kept or f"{text[: limit - 1].rsplit(' ', 1)[0].rstrip(',;:')}…"


def snake_case(text: str) -> str:
    """Return `text` as lower-case words joined by underscores: "gists/listPublic" is "gists_list_public"."""
    # Python reads names in this form of Unicode, so that they must be compared in it.
    normal = unicodedata.normalize("NFKC", text)
    name = unicodedata.normalize("NFKC", "_".join(word.lower() for word in _WORDS.findall(normal)))
    return "".join(char for char in name if f"a{char}".isidentifier())


def sentence_case(path: Sequence[str]) -> str:
    """Return the label of a wire name, with dots between the names of records: ("a", "b_c") is "A.b c"."""
    parts = [" ".join(_cased(word) for word in snake_case(name).split("_")) or name for name in path]
    label = ".".join(parts)
    return label[:1].upper() + label[1:]


def _cased(word: str) -> str:
    return word.upper().replace("IDS", "IDs").replace("URLS", "URLs") if word in _ACRONYMS else word


def unique_name(candidates: Sequence[str], taken: Collection[str], reserved: Collection[str] = ()) -> str:
    """Return the first of `candidates` that is free, as a Python name of at most 48 characters.

    Args:
        candidates: wire names, best first.
        taken: names that are used already.
        reserved: names that mean something else where the name is used; they get an underscore, as keywords do.
    """
    names = [_python_name(candidate, reserved) for candidate in candidates]
    for name in names:
        if name not in taken:
            return name
    number = 2
    while (name := f"{names[-1][: _LONGEST_NAME - 3].rstrip('_')}_{number}") in taken:
        number += 1
    return name


def _python_name(text: str, reserved: Collection[str]) -> str:
    name = snake_case(text) or "value"
    if len(name) > _LONGEST_NAME:
        # The last words say most.
        name = name[-_LONGEST_NAME:].partition("_")[2] or name[-_LONGEST_NAME:]
    if not name.isidentifier():
        name = f"n_{name}"[:_LONGEST_NAME]
    return f"{name}_" if keyword.iskeyword(name) or keyword.issoftkeyword(name) or name in reserved else name
