"""The Configuration: what it takes, that it survives being saved, and that it never holds or shows a secret."""

import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from endpoint_nodes.extension.testing.samples import samples, wrong
from endpoint_nodes.port_types.configuration import OPENAI, Configuration
from endpoint_nodes.port_types.errors import InvalidSetting

SECRET = "sk-marked-secret-0123456789"
FIELDS = Configuration.fields()
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "base_url": st.sampled_from(
        [OPENAI, "sandbox:", "sandbox:?latency=1", "http://127.0.0.1:8090/v1", "https://a.b/c"]
    ),
    "credential": st.sampled_from(["env:MY_KEY", "keyring:service/user@host", "host:My credential"]),
    "headers": st.dictionaries(st.sampled_from(["X-Team", "X-Group"]), st.just("seven")),
    "parameters": st.dictionaries(st.sampled_from(["account", "region"]), st.just("seven")),
    "timeout": st.floats(0.1, 1e6),
    "max_attempts": st.integers(1, 100),
    "concurrency": st.integers(1, 1024),
    "requests_per_minute": st.floats(0.01, 1e6),
    "max_total_tokens": st.integers(1, 2**53),
    "allow_http": st.lists(st.text(min_size=1)),
    "deduplicate": st.booleans(),
    "organization": st.text(),
    "authentication": st.sampled_from(["bearer", "basic"]),
}


@given(
    st.fixed_dictionaries({}, optional=VALUES),
    st.dictionaries(st.text().filter(lambda n: n not in FIELDS), json_values),
)
def test_it_survives_json_with_the_keys_of_a_newer_version(values: dict[str, Any], newer: dict[str, Any]) -> None:
    read = Configuration.from_json({**values, **newer})
    saved = json.loads(json.dumps(read.to_json()))
    again = Configuration.from_json(saved)
    assert again == read
    assert again.to_json() == saved
    assert newer.items() <= saved.items()
    for name, value in values.items():
        assert getattr(again, name) == value
    assert pickle.loads(pickle.dumps(again)) == again  # noqa: S301 - our own bytes


def test_the_defaults_send_to_openai_with_its_usual_key_and_others_without() -> None:
    assert Configuration().base_url == OPENAI
    assert Configuration().credential_reference == "env:OPENAI_API_KEY"
    assert Configuration(base_url=f" {OPENAI}/ ").credential_reference == "env:OPENAI_API_KEY"
    assert Configuration(base_url="https://example.com/v1").credential_reference is None
    assert Configuration(base_url="sandbox:").is_sandbox
    assert Configuration().to_json() == {}


@pytest.mark.parametrize(
    "url", ["http://localhost:1/v1", "http://127.0.0.1", "http://127.8.8.8/v1", "http://[::1]:80/v1"]
)
def test_the_loopback_may_be_spoken_to_unencrypted(url: str) -> None:
    assert Configuration(base_url=url).base_url == url


@pytest.mark.parametrize(
    "host", ["example.com", "10.0.0.5", "localhost.example.com", "127.0.0.1.example.com", "0.0.0.1"]
)
def test_other_hosts_only_if_they_are_allowed(host: str) -> None:
    with pytest.raises(InvalidSetting, match="sends the key unencrypted"):
        Configuration(base_url=f"http://{host}/v1")
    assert Configuration(base_url=f"http://{host}/v1", allow_http=[host]).allows_http(host)
    assert Configuration(base_url=f"https://{host}/v1").base_url == f"https://{host}/v1"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.openai.com/v1",
        "ftp://example.com",
        "https://",
        "https://host:99999",
        "https://[::1/v1",
        "https://h/#part",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(InvalidSetting, match="`base_url` must start with https:// and a host"):
        Configuration(base_url=url)


@pytest.mark.parametrize(
    "given_values",
    [
        {"credential": SECRET},
        {"credential": [SECRET]},
        {"headers": {"Authorization": f"Bearer {SECRET}"}},
        {"headers": {"X-Api-Key": SECRET}},
        {"headers": {"api-key": SECRET}},
        {"headers": {"X-Team": f"Bearer {SECRET}"}},
        {"headers": {"X-Team": SECRET}},
        {"headers": {"X-Team": [SECRET]}},
        {"parameters": {"account": SECRET}},
        {"parameters": {"api_key": "seven"}},
        {"headers": f'{{"Authorization": "{SECRET}"'},
        {"headers": f'["{SECRET}"]'},
        {"base_url": f"https://user:{SECRET}@example.com/v1"},
        {"base_url": f"https://user:{SECRET}/more@example.com/v1"},
        {"base_url": f"https://example.com/v1?api_key={SECRET}"},
        {"base_url": f"https://example.com/v1?api-version=1&sig={SECRET}"},
        {"base_url": f"ftp://example.com/v1?token={SECRET}"},
        {"base_url": f"https://example.com/v1#{SECRET}"},
    ],
)
def test_a_literal_secret_is_refused_and_not_repeated(given_values: dict[str, Any]) -> None:
    with pytest.raises(InvalidSetting) as refused:
        Configuration(**given_values)
    assert SECRET not in str(refused.value)
    assert SECRET not in repr(refused.value)
    assert refused.value.__cause__ is None


def test_references_are_shown_and_saved_in_place_of_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", SECRET)
    made = Configuration(credential="env:MY_KEY", headers={"Authorization": "env:MY_KEY", "X-Team": "seven"})
    for text in (repr(made), str(made), json.dumps(made.to_json())):
        assert "env:MY_KEY" in text
        assert SECRET not in text


@pytest.mark.parametrize("name", [name for name in FIELDS if name != "unknown"])
def test_every_field_takes_what_it_says_and_refuses_the_rest(name: str) -> None:
    field = FIELDS[name]
    assert field.help.endswith(".")
    for value in wrong(field):
        with pytest.raises(InvalidSetting, match=name):
            Configuration(**{name: value})
    if name not in VALUES:
        for value in samples(field):
            assert getattr(Configuration(**{name: value}), name) == value


def test_it_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Configuration().base_url = "https://example.com"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("saved", "cache", "max_age"),
    [
        ({"ledger": "answers"}, "answers", 30),
        ({"ledger": "off", "resume": True}, "off", 30),
        ({"resume": False}, None, 0),
    ],
)
def test_what_version_0_1_said_of_its_ledger_is_said_of_the_cache(
    saved: dict[str, Any], cache: str | None, max_age: float
) -> None:
    read = Configuration.from_json(saved)
    assert (read.cache, read.max_age, read.unknown) == (cache, max_age, {})
