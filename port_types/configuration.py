"""The Configuration: where to send, with which credential, under which limits."""

import ipaddress
import re
from collections.abc import Mapping
from typing import Any, Literal, Self
from urllib.parse import parse_qsl, urlsplit

from .errors import InvalidSetting
from .fields import Declarative, Entries, FilePath, FolderPath, setting
from .fields.values import preview
from .secrecy import REFERENCE, looks_secret, without_secrets

__all__ = ["NO_CACHE", "OPENAI", "SANDBOX", "Configuration"]

OPENAI = "https://api.openai.com/v1"
SANDBOX = "sandbox:"

NO_CACHE = "off"
"""In place of a cache's folder: keep no responses."""

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A token, as RFC 9110, 5.6.2 has it."""

_FRAMING = {"connection", "content-length", "expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
"""Headers that say where a request ends; sent twice, they let one request be read as two."""

_OAUTH2 = ("authentication", ("oauth2",))
_IN_BATCHES = ("delivery", ("batch",))
"""Where fields about tokens and batches mean anything."""


class Configuration(Declarative):
    """Everything about a service but its secrets; it travels along edges and is saved with workflows.

    ``Configuration(base_url="sandbox:")`` needs neither network nor key.
    """

    base_url: str = setting(
        "Base URL",
        f"Address of the service, up to and including /v1; {SANDBOX} is the embedded sandbox.",
        OPENAI,
    )
    credential: str | None = setting(
        "Credential",
        "Reference to the key, looked up at run time: env:NAME, keyring:SERVICE/USER or host:NAME; never "
        "the key itself. Default: env:OPENAI_API_KEY for OpenAI's own base URL, no key for any other.",
        private=True,
    )
    authentication: Literal["bearer", "basic", "header", "query", "cookie", "oauth2"] | None = setting(
        "Authentication",
        "How the key is sent. Default: as the node's service expects it, else as a bearer token. basic "
        "takes USER:PASSWORD or a key, oauth2 CLIENT_ID:CLIENT_SECRET.",
        advanced=True,
        since="0.2.0",
    )
    authentication_name: str | None = setting(
        "Name of the key",
        "Name of the header, query parameter or cookie that holds the key.",
        advanced=True,
        only_with=("authentication", ("header", "query", "cookie")),
        since="0.2.0",
    )
    token_url: str | None = setting(
        "Token URL", "Where oauth2 requests tokens.", advanced=True, only_with=_OAUTH2, since="0.2.0"
    )
    scopes: list[str] = setting(
        "Scopes", "Scopes to request with oauth2.", [], advanced=True, only_with=_OAUTH2, since="0.2.0"
    )
    organization: str | None = setting("Organization", "Sent as the OpenAI-Organization header.", advanced=True)
    project: str | None = setting("Project", "Sent as the OpenAI-Project header.", advanced=True)
    headers: dict[str, str] = setting(
        "Extra headers",
        "JSON object of additional headers; the value of a secret one is a reference such as env:NAME.",
        {},
        advanced=True,
        private=True,
        entries=Entries(
            "Further headers of every request; the value of a secret one is a reference such as env:NAME.",
            "Header",
            "Value",
        ),
    )
    parameters: dict[str, str] = setting(
        "Parameters",
        "JSON object of values that all operations of a pack take, such as an account, and of variables of the base "
        "URL.",
        {},
        advanced=True,
        entries=Entries(
            "Values that all operations of a pack take, such as an account, and variables of the base URL.",
            "Parameter",
            "Value",
        ),
        since="0.2.0",
    )
    timeout: float = setting(
        "Timeout (s)", "Seconds to wait for a response; image requests often take minutes.", 300.0, minimum=0.1
    )
    max_attempts: int = setting(
        "Max attempts", "How often a request is tried before its row fails.", 5, minimum=1, maximum=100
    )
    max_wait: float = setting(
        "Max wait (s)",
        "Longest pause, in seconds, that a service may ask for before the row is given up.",
        300.0,
        minimum=0,
        advanced=True,
    )
    concurrency: int = setting("Concurrency", "Requests in flight at once.", 8, minimum=1, maximum=1024)
    requests_per_minute: float | None = setting(
        "Requests per minute", "Upper limit for the whole run.", minimum=0.01, example=60
    )
    tokens_per_minute: float | None = setting(
        "Tokens per minute",
        "Upper limit for the tokens of requests and responses together, across all runs with this service and key.",
        minimum=1,
        example=100_000,
        since="0.2.0",
    )
    max_requests: int | None = setting(
        "Max requests",
        "Budget: the run stops before it sends more requests than this.",
        minimum=1,
        advanced=True,
        example=1000,
    )
    max_total_tokens: int | None = setting(
        "Max total tokens",
        "Budget: the run stops once its responses have used this many tokens. It does not limit the "
        "length of a response.",
        minimum=1,
        example=1_000_000,
        advanced=True,
        since="0.2.0",
        formerly="max_tokens",
    )
    max_cost: float | None = setting(
        "Max cost (USD)",
        "Budget in US dollars: the run stops once its responses have cost this much. Needs the price "
        "table of endpoint-nodes[prices], and a model whose price is known.",
        minimum=0.0,
        example=10.0,
        advanced=True,
        since="0.2.0",
    )
    delivery: Literal["live", "batch", "batch-file"] = setting(
        "Delivery",
        "live: each request now. batch: the same requests in batches of the service, for half the price, within a day; "
        "the same run, started again, collects them. batch-file: in files for vllm run-batch.",
        "live",
        since="0.2.0",
    )
    wait: bool = setting(
        "Wait for batches",
        "Waits until batches are done. Off: submits them and ends; the same run, started again, collects them.",
        True,
        advanced=True,
        only_with=("delivery", ("batch", "batch-file")),
        since="0.2.0",
    )
    batch_service: Literal["openai", "azure", "groq", "together", "mistral"] | None = setting(
        "Batch service",
        "Whose batches the service speaks. Off: as its base URL says, and OpenAI's where that says nothing.",
        advanced=True,
        only_with=_IN_BATCHES,
        since="0.2.0",
    )
    batch_folder: FolderPath | None = setting(
        "Batch folder",
        "Folder of the files of batch-file delivery.",
        advanced=True,
        only_with=("delivery", ("batch-file",)),
        since="0.2.0",
    )
    keep_batch_files: bool = setting(
        "Keep batch files",
        "Leaves input and output files of batches at the service once they are collected.",
        False,
        advanced=True,
        only_with=_IN_BATCHES,
        since="0.2.0",
    )
    ca_bundle: FilePath | None = setting(
        "Trusted certificates", "PEM file of the certificate authorities to trust.", advanced=True
    )
    allow_http: list[str] = setting(
        "Hosts without HTTPS",
        "Hosts that may be reached without encryption; this machine always may.",
        [],
        advanced=True,
    )
    cache: FolderPath | None = setting(
        "Cache",
        f"Folder in which responses are kept, so that none is paid for twice; {NO_CACHE} keeps none. Default: one "
        "for everything this user runs, and none for the embedded sandbox.",
        advanced=True,
        since="0.2.0",
    )
    max_age: float = setting(
        "Max age (days)",
        "Days for which a kept response is used again; 0 sends every request again. An interrupted run "
        "resumes at any age.",
        30.0,
        minimum=0,
        advanced=True,
        since="0.2.0",
    )
    deduplicate: bool = setting(
        "Deduplicate",
        "Sends equal requests of a run only once; all their rows share the response.",
        False,
        advanced=True,
        since="0.2.0",
    )
    unknown: dict[str, Any] = setting(
        "Unknown", "Keys of a newer version, kept as they are.", {}, advanced=True, internal=True
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "base_url", self.base_url.strip().rstrip("/"))
        self._check_base_url()
        if self.credential is not None and not REFERENCE.fullmatch(self.credential):
            raise InvalidSetting(
                "`credential` must be a reference: env:NAME, keyring:SERVICE/USER or host:NAME, never the key itself."
            )
        self._check_authentication()
        self._check_headers()
        self._check_parameters()
        for name, value in self.unknown.items():
            if isinstance(value, str) and looks_secret(name, value) and not REFERENCE.fullmatch(value):
                raise InvalidSetting(
                    f"{name} is not a setting, and looks like a secret; name where it is found in `credential`, "
                    "such as env:NAME."
                )

    def _check_headers(self) -> None:
        for name, value in self.headers.items():
            if not isinstance(value, str):
                raise InvalidSetting(f"`headers`: the value of {name} must be text.")
            if not _HEADER_NAME.fullmatch(name):
                raise InvalidSetting(f"`headers`: {preview(name)} cannot be the name of a header.")
            if name.lower() in _FRAMING:
                raise InvalidSetting(f"`headers`: {name} is set for each request and cannot be given.")
            if looks_secret(name, value) and not REFERENCE.fullmatch(value):
                raise InvalidSetting(
                    f"`headers`: {name} looks like a secret; give a reference such as env:NAME, keyring:SERVICE/USER "
                    "or host:NAME instead of the value."
                )

    def _check_parameters(self) -> None:
        for name, value in self.parameters.items():
            if not isinstance(value, str):
                raise InvalidSetting(f"`parameters`: the value of {name} must be text.")
            if looks_secret(name, value):
                raise InvalidSetting(f"`parameters`: {name} looks like a secret; use `credential` or `headers`.")

    def _check_authentication(self) -> None:
        if self.authentication in ("header", "query", "cookie") and not self.authentication_name:
            raise InvalidSetting(
                f"authentication is {self.authentication!r}, which needs `authentication_name`, the name of the "
                f"{'query parameter' if self.authentication == 'query' else self.authentication}."
            )
        if self.authentication == "oauth2" and not (self.token_url or "").startswith("https://"):
            host = urlsplit(self.token_url or "").hostname
            if not host or not self.allows_http(host):
                raise InvalidSetting("authentication is 'oauth2', which needs `token_url`, starting with https://.")

    def _check_base_url(self) -> None:
        try:
            parts = urlsplit(self.base_url)
            usable = parts.scheme in ("http", "https", "sandbox") and parts.port != 0 and self.base_url.isprintable()
        except ValueError:
            usable = False
        if usable and parts.scheme == "sandbox":
            return
        if not usable or not parts.hostname or parts.fragment:
            raise InvalidSetting(
                f"`base_url` must start with https:// and a host (http:// on this machine, or {SANDBOX}), "
                f"not {preview(without_secrets(self.base_url))}."
            )
        if parts.username or parts.password:
            raise InvalidSetting("`base_url` contains a user name or password; use `credential` instead.")
        if secret := [name for name, value in parse_qsl(parts.query) if looks_secret(name, value)]:
            raise InvalidSetting(
                f"`base_url` contains {secret[0]!r}, which looks like a secret; use `credential` or `headers`."
            )
        if parts.scheme == "http" and not self.allows_http(parts.hostname):
            raise InvalidSetting(
                f"`base_url` uses http://, which sends the key unencrypted to {parts.hostname}; use https:// "
                f"or allow it with `allow_http={parts.hostname}`."
            )

    def allows_http(self, host: str) -> bool:
        """Return whether `host` may be spoken to without encryption."""
        if host == "localhost" or host in self.allow_http:
            return True
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False

    @property
    def is_sandbox(self) -> bool:
        """Whether requests go to the embedded sandbox, in-process."""
        return self.base_url.startswith(SANDBOX)

    @property
    def credential_reference(self) -> str | None:
        """The reference to look up, with OpenAI's usual variable where nothing else is said; None means no key."""
        if self.credential is None and self.base_url == OPENAI:
            return "env:OPENAI_API_KEY"
        return self.credential

    def to_json(self) -> dict[str, Any]:
        """Return the Configuration as pure JSON; it holds no secret."""
        values = self.non_default_values()
        return {**values.pop("unknown", {}), **values}

    @classmethod
    def renamed(cls, saved: Mapping[str, Any]) -> dict[str, Any]:
        """Return values by field name, where an earlier version may have saved some under a former name."""
        return _without_ledger(super().renamed(saved))

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Read what `to_json` wrote, here, in a newer version or in 0.1; unknown keys are kept.

        Raises:
            InvalidSetting: a known key has a value it cannot take.
        """
        data = cls.renamed(data)
        known = {name: value for name, value in data.items() if name in cls.fields() and name != "unknown"}
        unknown = {name: value for name, value in data.items() if name not in known}
        return cls(**known, unknown=unknown)


def _without_ledger(data: dict[str, Any]) -> dict[str, Any]:
    """Return what a Configuration of 0.1 says of its ledger in the words of the cache, which took its place."""
    rest = {name: value for name, value in data.items() if name not in ("ledger", "resume")}
    said = {"cache": data["ledger"]} if data.get("ledger") else {}
    if str(data.get("resume", True)).lower() in ("false", "no", "off", "0"):
        said["max_age"] = 0
    return {**said, **rest}
