"""What looks like a secret, and must therefore be a reference to one."""

import re

__all__ = ["REFERENCE", "looks_secret", "without_secrets"]

REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|keyring:[^/]+/.+|host:.+")
"""Where a secret is found at run time."""

_NAMES = re.compile(
    r"auth|cookie|api-?key|(^|[-_.])keys?($|[-_.])|key$|token|secret|pass(word|wd|phrase|code)|credential|session"
    r"|(^|[-_.])sig($|[-_.])|signature|^code$|^pat$",
    re.IGNORECASE,
)
"""Names of headers, query parameters and settings whose values are secrets at one service or another."""

_HARMLESS = {
    "openai-beta",
    "openai-organization",
    "openai-project",
    "anthropic-beta",
    "anthropic-version",
    "user-agent",
}
_HARMLESS |= {"accept", "accept-language", "http-referer", "referer", "api-version", "traceparent", "x-title"}

_VALUES = re.compile(r"(bearer|basic|token) \S|(sk|pk|rk|gsk|hf|xai|ghp|github_pat|key)[-_]\w", re.IGNORECASE)
"""How secrets begin that say what they are."""

_RANDOM = re.compile(r"(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9+/=_.-]{20,}")
"""Long, of one piece, letters and digits: nobody types that."""


def looks_secret(name: str, value: str) -> bool:
    """Return whether a header, query parameter or setting holds a secret, by its name or by its value."""
    if name.lower() in _HARMLESS:
        return bool(_VALUES.match(value))
    return bool(_NAMES.search(name) or _VALUES.match(value) or _RANDOM.fullmatch(value))


def without_secrets(url: str) -> str:
    """Return `url` without what may be a secret in it: user name, password, query and fragment."""
    before, at, after = url.partition("?")[0].partition("#")[0].rpartition("@")
    scheme = re.match(r"[A-Za-z][A-Za-z0-9+.-]*:[/\\]+", before)
    return f"{scheme[0] if scheme else ''}…@{after}" if at else after
