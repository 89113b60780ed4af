"""One measurement of one contender, as it travels to the process that runs it."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

__all__ = ["Job"]


@dataclass(frozen=True)
class Job:
    """What a contender is to do: read `source`, send a request a row, write `target`.

    Attributes:
        work: what the service answers: "chat", "b64-BYTES-N" or "url-BYTES-N".
        concurrency: requests in flight.
        rows: rows of the source.
        latency_ms: how long the service takes.
        cache: whether responses are kept; only ours can.
        upload: bytes of the image that each row sends; 0 for chat.
        proxied: whether it is done behind a proxy.
        again: whether it is measured when it is done once more, from the cache.
        port: the service's port on the loopback.
        folder: where source and cache lie.
        results: where the target goes.
    """

    work: str
    concurrency: int
    rows: int
    latency_ms: int = 0
    cache: bool = False
    upload: int = 0
    proxied: bool = False
    again: bool = False
    port: int = 0
    folder: str = ""
    results: str = ""

    @property
    def base_url(self) -> str:
        """Where the service gives these answers."""
        return f"http://127.0.0.1:{self.port}/{self.latency_ms}/{self.work}/v1"

    @property
    def is_chat(self) -> bool:
        """Whether rows are prompts; else they are images to vary."""
        return self.work == "chat"

    @property
    def n(self) -> int:
        """How many images a row asks for."""
        return 1 if self.is_chat else int(self.work.rsplit("-", 1)[1])

    @property
    def source(self) -> Path:
        """Parquet with the column `prompt`, or `image`: bytes, or a path where uploads are large."""
        kind = "chat" if self.is_chat else f"images-{self.upload}"
        return Path(self.folder) / f"{kind}-{self.rows}.parquet"

    @property
    def target(self) -> Path:
        """Parquet that the contender writes."""
        return Path(self.results) / "result.parquet"

    def warm_up(self) -> Self:
        """Return the same work for one row, which loads whatever is loaded late."""
        return replace(self, rows=1, latency_ms=0)

    def to_json(self) -> str:
        """Return the job as text."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        return cls(**json.loads(text))
