"""The sandbox on a loopback socket, for every test that wants a real service."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
import uvicorn

from endpoint_nodes.extension.sandbox import API_PREFIX, SandboxOptions, create_app
from endpoint_nodes.extension.testing.wire import Recorder, recording_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

hypothesis.settings.register_profile("untimed", deadline=None)  # no test depends on how busy the machine is
hypothesis.settings.load_profile("untimed")


@contextmanager
def served(app: Any) -> Iterator[str]:
    """Run a sandbox's application in a thread and give its base url."""
    config = uvicorn.Config(app, log_level="warning", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    # asyncio turns Nagle's delay off only for sockets that name their protocol.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(128)  # clients may connect from here on
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}{API_PREFIX}"
        server.should_exit = True
        thread.join()


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their argument: packed ones differ from second to second, and workers must agree on names."""
    return argname if isinstance(val, bytes) else None


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-docs", action="store_true", help="Write the pages of docs/ that tests generate.")


@pytest.fixture(autouse=True)
def cache_of_its_own(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test finds what another has asked for, nor what the user who runs the tests has."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))


@pytest.fixture
def sandbox_server() -> Iterator[Callable[..., str]]:
    """Start sandboxes with options, such as `sandbox_server(latency=0.2)`; each call returns a base url."""
    with ExitStack() as stack:

        def start(**options: Any) -> str:
            return stack.enter_context(served(create_app(SandboxOptions(**options))))

        yield start


@pytest.fixture
def app_server() -> Iterator[Callable[[Any], str]]:
    """Start applications that stand in for a sandbox; each call returns a base url."""
    with ExitStack() as stack:
        yield lambda app: stack.enter_context(served(app))


@pytest.fixture(scope="session")
def sandbox_url() -> Iterator[str]:
    """The base url of one sandbox with default options, shared by all tests of the session."""
    with served(create_app(SandboxOptions())) as url:
        yield url


@pytest.fixture
def recorder() -> Iterator[Callable[..., Recorder]]:
    """Start servers that record what they get, such as `recorder(status=200, body=b"{}")`."""
    with ExitStack() as stack:

        def start(**answer: Any) -> Recorder:
            return stack.enter_context(recording_server(Recorder(**answer)))

        yield start
