"""Secrets that were typed where a reference belongs are refused, under whatever name."""

import pytest

from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.errors import InvalidSetting
from endpoint_nodes.port_types.secrecy import looks_secret, without_secrets

SECRET_HEADERS = (
    *("Ocp-Apim-Subscription-Key", "x-functions-key", "X-Auth", "helicone-auth", "Private-Key", "X-Api-Key", "apikey"),
    *("Authorization", "Proxy-Authorization", "Cookie", "X-Session", "X-Signature", "X-Access-Token", "X-Passphrase"),
)
PLAIN = {
    "X-Team": "seven",
    "HTTP-Referer": "https://example.com/a",
    "X-Title": "My app",
    "OpenAI-Beta": "assistants=v2",
}


@pytest.mark.parametrize("name", SECRET_HEADERS)
def test_a_header_that_is_a_secret_somewhere_takes_a_reference_only(name: str) -> None:
    with pytest.raises(InvalidSetting, match="looks like a secret") as refused:
        Configuration(headers={name: "plum"})
    assert "plum" not in str(refused.value)
    assert Configuration(headers={name: "env:SOME_KEY"}).headers == {name: "env:SOME_KEY"}


def test_headers_that_identify_nobody_may_be_plain() -> None:
    assert Configuration(headers=PLAIN).headers == PLAIN


@pytest.mark.parametrize("value", ["sk-1234", "Bearer abc", "ghp_abcdef", "gsk_abc", "9f8e7d6c5b4a39281706f5e4d3c2"])
def test_a_value_that_looks_like_a_secret_is_one_under_any_name(value: str) -> None:
    assert looks_secret("X-Whatever", value)


@pytest.mark.parametrize("query", ["code=abc", "subscription-key=abc", "sig=abc", "access_token=abc"])
def test_a_secret_in_the_query_of_the_base_url_is_refused(query: str) -> None:
    with pytest.raises(InvalidSetting, match="looks like a secret"):
        Configuration(base_url=f"https://example.com/v1?{query}")
    assert Configuration(base_url="https://example.com/v1?api-version=2024-10-21")


@pytest.mark.parametrize("name", ["X: Y", "Ünï", "", "X Y", "X\r\nY"])
def test_what_cannot_be_the_name_of_a_header_is_refused(name: str) -> None:
    with pytest.raises(InvalidSetting, match="cannot be the name of a header"):
        Configuration(headers={name: "5"})


@pytest.mark.parametrize("name", ["content-length", "Transfer-Encoding", "Connection", "Expect"])
def test_headers_that_say_where_a_request_ends_cannot_be_given(name: str) -> None:
    with pytest.raises(InvalidSetting, match="is set for each request and cannot be given"):
        Configuration(headers={name: "5"})


def test_a_key_under_a_name_that_is_not_a_setting_does_not_travel() -> None:
    with pytest.raises(InvalidSetting, match="api_key is not a setting, and looks like a secret") as refused:
        Configuration.from_json({"api_key": "sk-marked"})
    assert "sk-marked" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:secret@host/v1", "https://…@host/v1"),
        ("user:secret@host/v1", "…@host/v1"),
        ("http:\\\\user:secret@host", "http:\\\\…@host"),
        ("https://u:p/a@secret@host/v1?key=1#f", "https://…@host/v1"),
        ("https://host/v1?code=secret", "https://host/v1"),
    ],
)
def test_a_url_is_shown_without_what_may_be_secret(url: str, shown: str) -> None:
    assert without_secrets(url) == shown


@pytest.mark.parametrize("url", ["user:sk-marked@host/v1", "http:\\\\user:sk-marked@host", "https://h\r\n/v1"])
def test_an_address_that_is_refused_is_shown_without_its_password(url: str) -> None:
    with pytest.raises(InvalidSetting) as refused:
        Configuration(base_url=url)
    assert "sk-marked" not in str(refused.value)
