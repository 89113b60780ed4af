"""What all operations of a service take is said once, in a Configuration: parameters and variables of servers."""

from typing import Any

import pytest
from openapi_documents import document

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.nodes.openapi import Document
from endpoint_nodes.nodes.openapi.pack import Pack
from endpoint_nodes.nodes.openapi.servers import Server
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.errors import InvalidSetting

TEXT = {"type": "string"}
ACCOUNT = {"name": "AccountSid", "in": "path", "required": True, "schema": TEXT}
VERSION = {"name": "api-version", "in": "query", "required": True, "schema": TEXT}
CALL = {"name": "Sid", "in": "path", "required": True, "schema": TEXT}
SERVERS = [
    {
        "url": "https://{region}.example.com:{port}/{base}",
        "variables": {
            "region": {"enum": ["eu", "us"], "default": "us"},
            "port": {"default": "443"},
            "base": {"default": "v1"},
        },
    }
]


def operation(name: str, *parameters: dict[str, Any]) -> dict[str, Any]:
    return {"get": {"operationId": name, "parameters": list(parameters), "responses": {"204": {"description": ""}}}}


@pytest.fixture
def pack() -> dict[str, Any]:
    paths = {
        "/accounts/{AccountSid}/calls": operation("listCalls", ACCOUNT, VERSION),
        "/accounts/{AccountSid}/calls/{Sid}": operation("getCall", ACCOUNT, VERSION, CALL),
        "/accounts/{AccountSid}": operation("getAccount", ACCOUNT, VERSION),
    }
    return dict(Pack("test", Document.load(document(paths, servers=SERVERS))))


def test_a_parameter_of_all_operations_comes_from_the_configuration(pack: dict[str, Any]) -> None:
    configuration = Configuration(parameters={"AccountSid": "AC 1", "api-version": "2026-11-01"})
    node = pack["get_call"](sid="CA1").apply_configuration(configuration)
    request = node.call().request(node.routes[0])
    assert request.path == "/accounts/AC%201/calls/CA1?api-version=2026-11-01"
    assert pack["get_call"](sid="CA1").missing() == []


def test_a_field_of_the_node_comes_before_the_configuration(pack: dict[str, Any]) -> None:
    configuration = Configuration(parameters={"AccountSid": "AC1", "api-version": "2026-11-01"})
    node = pack["list_calls"](account_sid="AC2").apply_configuration(configuration)
    assert node.call().request(node.routes[0]).path == "/accounts/AC2/calls?api-version=2026-11-01"
    node = pack["list_calls"](columns={"account_sid": "account"}).apply_configuration(configuration)
    assert node.call({"account_sid": "AC3"}).request(node.routes[0]).path.startswith("/accounts/AC3/")


def test_a_shared_parameter_that_nobody_says_stops_the_run(pack: dict[str, Any]) -> None:
    with pytest.raises(InvalidSetting, match="`account_sid` is missing; give it, or put AccountSid into the Config"):
        execute(pack["list_calls"](), Configuration(base_url="sandbox:"))


def test_a_parameter_of_some_operations_is_a_required_field(pack: dict[str, Any]) -> None:
    assert pack["get_call"]().missing() == ["sid"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "https://us.example.com:443/v1"),
        ({"region": "eu", "base": "v2/beta"}, "https://eu.example.com:443/v2/beta"),
        ({"port": "8443"}, "https://us.example.com:8443/v1"),
    ],
)
def test_variables_of_the_server_come_from_the_configuration(
    pack: dict[str, Any], given: dict[str, str], expected: str
) -> None:
    assert pack["get_call"].at_service(Configuration(parameters=given)).base_url == expected


def test_the_base_url_of_a_configuration_may_have_the_variables_of_the_server(pack: dict[str, Any]) -> None:
    configuration = Configuration(
        base_url="https://{region}.example.org/{tenant}", credential="env:KEY", parameters={"tenant": "acme"}
    )
    assert pack["get_call"].at_service(configuration).base_url == "https://us.example.org/acme"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"region": "mars"}, "region is 'mars', but must be one of eu, us"),
        ({"port": "443@evil.example"}, "port is '443@evil.example', which cannot be part of a host"),
    ],
)
def test_a_value_that_a_variable_cannot_take_is_refused(
    pack: dict[str, Any], given: dict[str, str], sentence: str
) -> None:
    with pytest.raises(InvalidSetting, match=sentence):
        pack["get_call"].at_service(Configuration(parameters=given))


def test_a_variable_without_a_value_is_refused(pack: dict[str, Any]) -> None:
    with pytest.raises(InvalidSetting, match=r"`base_url` has the variable \{tenant\}; say it in `parameters`"):
        pack["get_call"].at_service(Configuration(base_url="https://{tenant}.example.org"))


def test_a_variable_may_be_the_whole_origin() -> None:
    server = Server("{origin}/v1", {"origin": {"default": "https://api.example.com"}})
    assert server.fill(server.url, {}) == "https://api.example.com/v1"
