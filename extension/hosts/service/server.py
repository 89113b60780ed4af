"""Opening the service on its folder, and serving it until it is stopped."""

import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import platformdirs
import uvicorn
from filelock import FileLock, Timeout

from ....port_types.errors import InvalidSetting
from .app import build
from .configurations import Configurations
from .endpoints import Service
from .metrics import Metrics
from .runner import Runner
from .uploads import Uploads

__all__ = ["open_service", "run_server"]

GRACE_SECONDS = 5
"""Seconds that answers under way have when the service stops."""


@contextmanager
def open_service(
    folder: Path | None, configurations: Path | None, most_bytes: int, keep_seconds: float, **limits: int
) -> Iterator[Service]:
    """Open a service, which goes on with the runs in its folder; at the end runs under way are left for the next start.

    Args:
        folder: where runs and files are; None is the user's own.
        configurations: folder of Configurations.
        most_bytes: of the files of one token.
        keep_seconds: how long ended runs and files stay.
        limits: `at_once` and `most_unfinished`, as `Runner` takes them.

    Raises:
        InvalidSetting: the folder cannot be written, or another service uses it.
    """
    folder = folder or platformdirs.user_state_path("endpoint-nodes") / "service"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(folder / "service.lock", timeout=0):
            metrics, names = Metrics(), Configurations(configurations)
            uploads = Uploads(folder / "files", most_bytes)
            runner = Runner(folder / "runs", uploads, names, metrics, **limits)
            runner.resume()
            try:
                yield Service(runner, uploads, names, metrics, keep_seconds)
            finally:
                runner.stop()
    except Timeout:
        raise InvalidSetting(f"Another service uses {folder}; name another with --folder.") from None
    except OSError as error:
        raise InvalidSetting(f"The folder {folder} cannot be written ({error.strerror}).") from None


def run_server(service: Service, tokens: Sequence[str], max_body: int, listening: socket.socket) -> None:
    """Serve until an interrupt or SIGTERM.

    Args:
        service: its parts.
        tokens: those that are accepted.
        max_body: bytes of one request's body.
        listening: the socket.
    """
    config = uvicorn.Config(
        build(service, tokens, max_body),
        lifespan="off",
        access_log=False,
        log_level="warning",
        ws="none",
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn ends itself with the signal again; an exit instead lets runs end in good order.
        signal.signal(number, lambda *_: sys.exit(0))
    _Server(config, service.runner).run(sockets=[listening])


class _Server(uvicorn.Server):
    """Tells runs, and those who follow them, that it stops."""

    def __init__(self, config: uvicorn.Config, runner: Runner) -> None:
        super().__init__(config)
        self._runner = runner

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._runner.stopping.set()
        super().handle_exit(sig, frame)
