"""Secrets: found by reference at run time, in the environment, a keyring or the host; shown nowhere."""

from collections.abc import Iterator

import keyring
import keyring.backends.fail
import pytest
from keyring.backend import KeyringBackend

from endpoint_nodes.extension.engine.credentials import look_up, request_headers
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.errors import InvalidSetting

SECRET = "sk-marked-secret-0123456789"


class MemoryKeyring(KeyringBackend):
    """A keyring that forgets."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self._secrets: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self._secrets.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._secrets[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self._secrets[service, username]


@pytest.fixture
def memory() -> Iterator[MemoryKeyring]:
    usual, backend = keyring.get_keyring(), MemoryKeyring()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(usual)


def test_a_secret_is_found_where_its_reference_says(memory: MemoryKeyring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", f" {SECRET}\n")
    memory.set_password("endpoint-nodes", "me@example.com", SECRET)
    assert look_up("env:MY_KEY") == SECRET
    assert look_up("keyring:endpoint-nodes/me@example.com") == SECRET
    assert look_up("host:My credential", {"My credential": SECRET}.get) == SECRET


@pytest.mark.usefixtures("memory")
def test_a_computer_without_a_keyring_is_said() -> None:
    keyring.set_keyring(keyring.backends.fail.Keyring())
    with pytest.raises(InvalidSetting, match=r"This computer has no keyring .*; use an environment variable instead"):
        look_up("keyring:endpoint-nodes/me")


@pytest.mark.parametrize(
    ("reference", "place"),
    [
        ("env:NO_SUCH_KEY", "the environment variable NO_SUCH_KEY"),
        ("env:BLANK_KEY", "the environment variable BLANK_KEY"),
        ("keyring:endpoint-nodes/nobody", "the keyring entry 'endpoint-nodes' of 'nobody'"),
        ("host:Nothing", "the host's credential 'Nothing'"),
    ],
)
@pytest.mark.usefixtures("memory")
def test_a_missing_secret_is_said_with_its_place(reference: str, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLANK_KEY", "  ")
    for host in (None, {}.get):
        with pytest.raises(InvalidSetting, match=f"^No key was found: {place} is missing or empty"):
            look_up(reference, host)


def test_headers_carry_the_key_and_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", SECRET)
    made = Configuration(
        base_url="https://example.com/v1",
        credential="env:MY_KEY",
        organization="org-1",
        project="proj-2",
        headers={"api-key": "env:MY_KEY", "X-Team": "seven"},
    )
    assert request_headers(made) == {
        "Authorization": f"Bearer {SECRET}",
        "OpenAI-Organization": "org-1",
        "OpenAI-Project": "proj-2",
        "api-key": SECRET,
        "X-Team": "seven",
    }


def test_no_key_goes_to_a_service_that_was_given_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    assert request_headers(Configuration()) == {"Authorization": f"Bearer {SECRET}"}
    for url in ("https://example.com/v1", "http://127.0.0.1:8090/v1", "sandbox:"):
        assert request_headers(Configuration(base_url=url)) == {}


def test_a_key_that_no_header_can_carry_is_refused_without_repeating_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in (f"{SECRET}\n{SECRET}", f"{SECRET}é", f"{SECRET}\x07"):
        monkeypatch.setenv("MY_KEY", key)
        with pytest.raises(InvalidSetting, match="header Authorization holds characters") as refused:
            request_headers(Configuration(credential="env:MY_KEY"))
        assert SECRET not in str(refused.value)
