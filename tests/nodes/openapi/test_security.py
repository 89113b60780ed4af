"""Security schemes become settings of a Configuration, and no key goes where it does not belong."""

from typing import Any

import pytest
from openapi_documents import document

from endpoint_nodes.nodes.openapi import Document
from endpoint_nodes.nodes.openapi.node import OperationNode
from endpoint_nodes.nodes.openapi.pack import Pack
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.errors import InvalidSetting

SERVER = "https://api.example/v2"


def node(
    schemes: dict[str, Any], security: list[dict[str, Any]] | None = None, parameters: tuple[dict[str, Any], ...] = ()
) -> type[OperationNode]:
    said = {} if security is None else {"security": security}
    operation = {"operationId": "list", "parameters": list(parameters), **said}
    components = {"securitySchemes": schemes}
    loaded = Document.load(document({"/a": {"get": operation}}, components=components, servers=[{"url": SERVER}]))
    return Pack("test", loaded)["list"]


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        ({"type": "http", "scheme": "bearer"}, {"authentication": "bearer"}),
        ({"type": "http", "scheme": "Basic"}, {"authentication": "basic"}),
        (
            {"type": "apiKey", "in": "header", "name": "X-Key"},
            {"authentication": "header", "authentication_name": "X-Key"},
        ),
        ({"type": "apiKey", "in": "query", "name": "key"}, {"authentication": "query", "authentication_name": "key"}),
        ({"type": "apiKey", "in": "cookie", "name": "sid"}, {"authentication": "cookie", "authentication_name": "sid"}),
        ({"type": "openIdConnect"}, {"authentication": "bearer"}),
        ({"type": "oauth2", "flows": {"authorizationCode": {}}}, {"authentication": "bearer"}),
        (
            {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://id.example/token"}}},
            {"authentication": "oauth2", "token_url": "https://id.example/token", "scopes": ["read"]},
        ),
    ],
)
def test_a_scheme_says_how_the_key_is_sent(scheme: dict[str, Any], expected: dict[str, Any]) -> None:
    assert node({"one": scheme}, [{"one": ["read"]}]).service_defaults() == {"base_url": SERVER, **expected}


def test_of_several_alternatives_one_that_a_single_credential_is_enough_for_is_taken() -> None:
    schemes = {
        "a": {"type": "http", "scheme": "basic"},
        "b": {"type": "http", "scheme": "bearer"},
        "c": {"type": "mutualTLS"},
    }
    found = node(schemes, [{"a": [], "c": []}, {"b": []}])
    assert found.service_defaults()["authentication"] == "bearer"


def test_a_key_among_the_parameters_is_found_where_no_scheme_is_declared() -> None:
    parameter = {"name": "xi-api-key", "in": "header", "schema": {"type": "string"}}
    found = node({}, parameters=(parameter,))
    assert found.service_defaults() == {
        "base_url": SERVER,
        "authentication": "header",
        "authentication_name": "xi-api-key",
    }


def test_a_configuration_that_says_nothing_goes_to_the_service_of_the_node() -> None:
    at = node({"one": {"type": "http", "scheme": "basic"}}, [{"one": []}]).at_service
    assert (at(Configuration()).base_url, at(Configuration()).authentication) == (SERVER, "basic")
    chosen = Configuration(base_url="https://other.example", credential="env:KEY", authentication="bearer")
    assert at(chosen) == chosen


def test_a_key_for_one_service_never_goes_to_another() -> None:
    found = node({})
    with pytest.raises(InvalidSetting, match=r"List is an operation of https://api\.example/v2"):
        found.at_service(Configuration(credential="env:OPENAI_API_KEY"))


@pytest.mark.parametrize("name", ["id", "fields", "description", "pack", "routes", "columns", "timeout", "all_pages"])
def test_a_parameter_of_any_name_leaves_the_node_whole(name: str) -> None:
    found = node({}, parameters=({"name": name, "in": "query", "schema": {"type": "string"}},))
    assert found.label() == "List"
    (attribute, declared), *_ = found.wire_fields().items()
    assert attribute != name
    call = found(**{attribute: "x"}).call()
    assert call.request(call.routes()[0]).path == f"/a?{name}=x"
    assert declared.label.lower().replace(" ", "_") == name
