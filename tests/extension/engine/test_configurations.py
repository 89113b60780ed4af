"""Loading Configurations: options before the environment before a TOML file before the defaults."""

from pathlib import Path

import pytest

from endpoint_nodes.extension.engine.config_loader import load_configuration
from endpoint_nodes.port_types.errors import InvalidInput, InvalidSetting


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "service.toml"
    path.write_text(
        'base_url = "https://file.example/v1"\ncredential = "env:FILE_KEY"\nconcurrency = 2\ntimeout = 30\n'
        'allow_http = ["a.example"]\nfuture = { setting = true }\n[headers]\nX-Team = "ünï"\n',
        encoding="utf-8",
    )
    return path


def test_a_file_says_everything(file: Path) -> None:
    made = load_configuration(file)
    assert (made.base_url, made.credential, made.concurrency) == ("https://file.example/v1", "env:FILE_KEY", 2)
    assert (made.timeout, made.allow_http, made.headers) == (30, ["a.example"], {"X-Team": "ünï"})
    assert made.unknown == {"future": {"setting": True}}


def test_options_go_before_the_environment_before_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENDPOINT_NODES_CONCURRENCY", "3")
    monkeypatch.setenv("ENDPOINT_NODES_BASE_URL", "https://environment.example/v1")
    monkeypatch.setenv("ENDPOINT_NODES_DEDUPLICATE", "yes")
    monkeypatch.setenv("ENDPOINT_NODES_HEADERS", '{"X-Team": "seven"}')
    monkeypatch.setenv("ENDPOINT_NODES_TIMEOUT", "")
    made = load_configuration(file, base_url="https://option.example/v1")
    assert (made.base_url, made.concurrency, made.timeout) == ("https://option.example/v1", 3, 30)
    assert (made.deduplicate, made.headers) == (True, {"X-Team": "seven"})
    assert load_configuration(max_attempts="7").max_attempts == 7


def test_what_cannot_be_read_or_taken_is_said_in_one_sentence(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for content in (b"base_url = ", b"\xff\xfe"):
        (tmp_path / "broken.toml").write_bytes(content)
        with pytest.raises(InvalidInput, match=r"The configuration .*broken\.toml cannot be read \("):
            load_configuration(tmp_path / "broken.toml")
    with pytest.raises(InvalidInput, match=r"nowhere\.toml cannot be read"):
        load_configuration(tmp_path / "nowhere.toml")
    monkeypatch.setenv("ENDPOINT_NODES_CONCURRENCY", "many")
    with pytest.raises(InvalidSetting, match="`concurrency` must be a whole number"):
        load_configuration(file)
