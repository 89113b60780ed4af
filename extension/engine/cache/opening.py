"""Opening the cache that a Configuration names."""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path

from ....nodes.base import Response
from ....port_types.configuration import NO_CACHE, Configuration
from ....port_types.errors import InvalidSetting
from .cache_key import CacheKey
from .response_cache import Claim, ResponseCache
from .runs import RunFacts

__all__ = ["NoCache", "cache_folder", "default_cache", "finish_run", "open_cache"]


class NoCache:
    """In place of a cache: nothing is found and nothing is kept."""

    keeps = False
    in_doubt = sent = reused = 0
    folder: Path | None = None

    def __init__(self) -> None:
        self._idempotency_keys = map(f"{secrets.token_hex(12)}{{:08x}}".format, count())

    def key(self, digest: bytes, *, lasting: bool = True) -> CacheKey:
        """Return a key; no other is asked for under it."""
        return CacheKey(digest, 1)

    def look_up(self, keys: Sequence[CacheKey]) -> None:
        """Look up nothing."""

    def was_found(self, key: CacheKey) -> bool:
        """Say that nothing was found."""
        return False

    def read_now(self, key: CacheKey) -> Response | None:
        """Find nothing."""
        return None

    async def find(self, key: CacheKey, part: int = 0) -> Response | None:
        """Find nothing."""
        return None

    async def claim(self, key: CacheKey) -> Claim | Response:
        """Return the right to ask."""
        return Claim(next(self._idempotency_keys))

    async def claim_if_free(self, key: CacheKey) -> Claim | None:
        """Return the right to ask."""
        return Claim(next(self._idempotency_keys))

    def keep(self, key: CacheKey, response: Response, part: int = 0) -> asyncio.Future[None] | None:
        """Keep nothing, for which nobody has to wait."""
        return None

    def release(self, key: CacheKey) -> None:
        """Do nothing."""

    doubt = drop = release

    def noted(self, name: str) -> list[str]:
        """Return nothing."""
        return []

    def note(self, name: str, words: list[str]) -> None:
        """Note nothing."""

    async def settle(self) -> None:
        """Wait for nothing."""

    def close(self, *, finished: bool) -> None:
        """Do nothing."""


def default_cache() -> Path:
    """Return the user's own cache, which all hosts share."""
    import platformdirs

    return platformdirs.user_state_path("endpoint-nodes") / "cache"


def cache_folder(configuration: Configuration) -> Path | None:
    """Return the folder of the cache, None if nothing is kept; what the embedded sandbox answers costs nothing."""
    if configuration.cache == NO_CACHE or (configuration.cache is None and configuration.is_sandbox):
        return None
    return Path(configuration.cache).expanduser() if configuration.cache else default_cache()


def open_cache(
    configuration: Configuration, node: str, source: str, warn: Callable[[str], None]
) -> ResponseCache | NoCache:
    """Open the cache of a run.

    Args:
        configuration: names the cache.
        node: the node's id.
        source: what tells the run's input from others, such as its path; not the content, which may change.
        warn: called with each sentence that the user must know.

    Raises:
        InvalidSetting: the cache cannot be used.
    """
    folder = cache_folder(configuration)
    if folder is None:
        if configuration.deduplicate:
            raise InvalidSetting("deduplicate is on, but it needs the cache, which is off; switch one of them.")
        return NoCache()
    _tell_of_ledgers(folder, warn)
    return ResponseCache(
        folder,
        RunFacts(node, configuration.base_url, source),
        max_age=configuration.max_age,
        deduplicate=configuration.deduplicate,
        patience=configuration.timeout,
        warn=warn,
    )


def finish_run(configuration: Configuration, node: str, source: str) -> None:
    """Say of a run that went through, and was left for a later one to resume, that its results are in place.

    Raises:
        InvalidSetting: the cache cannot be used.
    """
    open_cache(configuration, node, source, lambda _: None).close(finished=True)


def _tell_of_ledgers(folder: Path, warn: Callable[[str], None]) -> None:
    """Say once that there are answers of version 0.1, of which it is not known which request they belong to."""
    for ledgers in {folder, default_cache().with_name("ledger")}:
        told = ledgers / "not-used.txt"
        if not told.exists() and any(ledgers.glob("*/index.sqlite")):
            sentence = (
                f"{ledgers} holds answers of runs that version 0.1 did not complete. This version keeps responses in "
                "another form and does not use them: complete those runs with 0.1, or remove the folder."
            )
            with contextlib.suppress(OSError):
                told.write_text(sentence + "\n", encoding="utf-8")
            warn(sentence)
