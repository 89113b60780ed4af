"""How a sandbox behaves: slow, limited, faulty, strict about the key, or like a certain service."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any
from urllib.parse import parse_qsl

__all__ = ["SandboxOptions"]

SWITCH = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
KINDS: dict[type, tuple[Callable[[str], Any], str]] = {
    int: (int, "a whole number"),
    float: (float, "a number"),
    bool: (SWITCH.__getitem__, "true or false"),
}


def _option(default: Any, text: str, **limits: Any) -> Any:
    """Return a dataclass field with its help text and limits (`minimum`, `maximum`, `choices`) in the metadata."""
    return field(default=default, metadata={"help": text, **limits})


@dataclass(frozen=True)
class SandboxOptions:
    """Options of one sandbox; each field's metadata holds `help` and, where they exist, its limits."""

    latency: float = _option(0.0, "Minimum duration of a request in seconds.", minimum=0)
    rate_limit: int = _option(0, "Requests per minute before the service answers 429; 0 is unlimited.", minimum=0)
    failure_rate: float = _option(
        0.0, "Share of requests that are answered with a fault that a retry heals.", minimum=0, maximum=1
    )
    seed: int = _option(0, "Seed of faults, images and answers: the same seed gives the same results.")
    like: str = _option(
        "generic",
        "Behave like this service: generic, openai (no image variations, GPT Image answers base64 only), or in the "
        "shape of its batches azure, groq, together or mistral.",
        choices=("generic", "openai", "azure", "groq", "together", "mistral"),
    )
    strict_models: bool = _option(
        False,
        "Refuse models that GET /models does not list for the operation; otherwise any name will do.",
    )
    key: str = field(
        default="",
        repr=False,
        metadata={"help": "The only key that is accepted. Default: any key, or none."},
    )
    max_body: int = _option(256_000_000, "Largest request body in bytes; larger ones are answered with 413.", minimum=1)
    batch_seconds: float = _option(
        1.0, "Seconds a batch takes; POST /sandbox/clock?advance=SECONDS puts the clock forward.", minimum=0
    )
    batch_lines: int = _option(50_000, "Lines of a batch's input file before the batch fails.", minimum=1)
    batch_bytes: int = _option(200_000_000, "Bytes of a batch's input file before the batch fails.", minimum=1)
    batch_tokens: int = _option(
        0, "Input tokens of one model's waiting batches before the next batch fails; 0 is unlimited.", minimum=0
    )
    batch_fault: str = _option(
        "",
        "What goes wrong with the first batch: no_output, empty_error_file_id, expire, cancel, vanish, token_limit or "
        "doubled_lines.",
        choices=("", "no_output", "empty_error_file_id", "expire", "cancel", "vanish", "token_limit", "doubled_lines"),
    )
    job_polls: int = _option(2, "How often a job is polled before it has finished.", minimum=1)
    log_size: int = _option(10_000, "Requests that GET /sandbox/requests remembers.", minimum=1)

    def __post_init__(self) -> None:
        if not self.like:
            object.__setattr__(self, "like", "generic")
        for option in fields(self):
            _check(option.name, getattr(self, option.name), **option.metadata)

    @classmethod
    def from_query(cls, query: str) -> "SandboxOptions":
        """Return options from the query of a `sandbox:?…` base url, such as `latency=0.5&like=openai`.

        Raises:
            ValueError: One sentence for an unknown name, a value of the wrong type or beyond its limits.
        """
        defaults: dict[str, Any] = {option.name: option.default for option in fields(cls)}
        given: dict[str, Any] = {}
        for name, text in parse_qsl(query.removeprefix("?"), keep_blank_values=True):
            if name not in defaults:
                raise ValueError(f"The sandbox has no option {name!r}; it has {', '.join(defaults)}.")
            read, form = KINDS.get(type(defaults[name]), (str, "text"))
            try:
                given[name] = read(text)
            except (KeyError, ValueError):
                raise ValueError(f"The sandbox option {name} is {text!r}, but must be {form}.") from None
        return cls(**given)


def _check(
    name: str,
    value: Any,
    *,
    help: str,  # noqa: A002  # the metadata's own word
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
) -> None:
    del help
    if choices and value not in choices:
        raise ValueError(f"The sandbox option {name} is {value!r}, but must be one of {', '.join(choices)}.")
    if minimum is not None and not value >= minimum:
        raise ValueError(f"The sandbox option {name} is {value}, but must be at least {minimum}.")
    if maximum is not None and value > maximum:
        raise ValueError(f"The sandbox option {name} is {value}, but must be at most {maximum}.")
