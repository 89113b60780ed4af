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
        'allow_http = ["a.example"]\n[headers]\nX-Team = "ünï"\n',
        encoding="utf-8",
    )
    return path


def test_a_file_says_everything(file: Path) -> None:
    made = load_configuration(file)
    assert (made.base_url, made.credential, made.concurrency) == ("https://file.example/v1", "env:FILE_KEY", 2)
    assert (made.timeout, made.allow_http, made.headers) == (30, ["a.example"], {"X-Team": "ünï"})


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


@pytest.mark.parametrize(
    ("name", "nearest"), [("concurency", "concurrency"), ("baseurl", "base_url"), ("maxcost", "max_cost")]
)
def test_a_name_that_is_no_field_is_refused_with_the_nearest(
    name: str, nearest: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "service.toml"
    file.write_text(f"{name} = 1\n", encoding="utf-8")
    with pytest.raises(InvalidSetting, match=rf"service\.toml, {name} is not a field .*did you mean {nearest}\?"):
        load_configuration(file)
    monkeypatch.setenv(f"ENDPOINT_NODES_{name.upper()}", "1")
    with pytest.raises(InvalidSetting, match=rf"did you mean ENDPOINT_NODES_{nearest.upper()}\?"):
        load_configuration()


def test_a_name_like_no_field_is_refused_with_all_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENDPOINT_NODES_XYZ", "1")
    with pytest.raises(InvalidSetting, match=r"The fields are ENDPOINT_NODES_BASE_URL, ENDPOINT_NODES_CREDENTIAL"):
        load_configuration()


def test_the_former_name_of_a_budget_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "service.toml"
    file.write_text("max_tokens = 5\n", encoding="utf-8")
    assert load_configuration(file).max_total_tokens == 5
    monkeypatch.setenv("ENDPOINT_NODES_MAX_TOKENS", "6")
    assert load_configuration(file).max_total_tokens == 6


def test_the_base_url_of_openais_own_clients_is_honoured_with_their_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "https://gateway.example/v1")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert load_configuration().credential is None
    monkeypatch.setenv("OPENAI_API_KEY", "test")
    made = load_configuration()
    assert (made.base_url, made.credential) == ("https://gateway.example/v1", "env:OPENAI_API_KEY")
    assert load_configuration(base_url="sandbox:").credential is None
    assert load_configuration(credential="env:OTHER").credential == "env:OTHER"
