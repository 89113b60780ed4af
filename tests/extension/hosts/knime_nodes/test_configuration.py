"""The node "Endpoint Configuration" and the port it feeds."""

import base64
import json
import logging
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import knime.extension as knext
import pytest
from knime.api.schema import CredentialPortObjectSpec
from workflow import KEY, Context

from endpoint_nodes.extension.hosts.knime_nodes.ports import ConfigurationObject, ConfigurationSpec
from endpoint_nodes.port_types.configuration import Configuration


def test_the_spec_is_json_without_a_secret(make: Any) -> None:
    node = make("endpoint_configuration", **{"service.credential": "key", "limits.concurrency": 3})
    spec = node.configure(Context())
    text = json.dumps(spec.serialize())
    assert json.loads(text) == {"credential": "host:key", "concurrency": 3}
    assert KEY not in text
    assert ConfigurationSpec.deserialize(json.loads(text)).configuration == spec.configuration


def test_a_port_of_a_newer_version_keeps_what_it_does_not_know() -> None:
    spec = ConfigurationSpec.deserialize({"base_url": "sandbox:", "novelty": 1})
    assert spec.serialize() == {"base_url": "sandbox:", "novelty": 1}
    assert ConfigurationObject.deserialize(spec, ConfigurationObject(spec).serialize()).spec is spec


@pytest.mark.parametrize("step", ["configure", "execute"])
@pytest.mark.parametrize(
    ("given", "credentials", "sentence"),
    [
        ({"service.credential": "key"}, {}, "The workflow's credential 'key' is missing or has no password; set it"),
        ({"service.credential": "key"}, {"key": None}, "The workflow's credential 'key' is missing or has no password"),
        ({}, {}, "No key was found: the environment variable OPENAI_API_KEY is missing or empty."),
        ({"service.base_url": "ftp://x"}, {}, "Base URL must start with https:// and a host"),
        ({"service.headers": "{"}, {}, "Extra headers must be valid JSON"),
        ({"service.headers": '{"X-Token": "host:gone"}'}, {}, "The workflow's credential 'gone' is missing"),
        ({"limits.timeout": 0.0}, {}, "Timeout (s) must be at least 0.1, not 0.0."),
        (
            {"limits.set_requests_per_minute": True, "limits.requests_per_minute": 0.0},
            {},
            "Requests per minute must be at least 0.01, not 0.0.",
        ),
    ],
)
def test_what_is_wrong_is_a_sentence(make: Any, given: Any, credentials: Any, sentence: str, step: str) -> None:
    with pytest.raises(knext.InvalidParametersError) as raised:
        getattr(make("endpoint_configuration", **given), step)(Context(credentials=credentials))
    assert str(raised.value).startswith(sentence)


def test_the_sandbox_needs_no_credential(make: Any) -> None:
    given = {"service.base_url": "sandbox:", "service.credential": "gone"}
    assert make("endpoint_configuration", **given).execute(Context()).spec.configuration.is_sandbox


def test_verifying_lists_the_models_in_the_log(
    make: Any, sandbox_server: Callable[..., str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    given = {"service.base_url": sandbox_server(), "service.credential": "key"}
    make("endpoint_configuration", **given).execute(Context())
    assert "gpt-image-2" in caplog.text
    assert KEY not in caplog.text


def test_verifying_tells_what_is_wrong(make: Any, sandbox_server: Callable[..., str]) -> None:
    silent = {"service.base_url": "http://127.0.0.1:9/v1"}
    with pytest.raises(knext.InvalidParametersError, match=r"127\.0\.0\.1:9 cannot be reached"):
        make("endpoint_configuration", **silent).execute(Context())
    make("endpoint_configuration", **silent, **{"service.verify": False}).execute(Context())
    elsewhere = {"service.base_url": sandbox_server().replace("/v1", "/v9")}
    with pytest.raises(knext.InvalidParametersError, match="The service answered 404"):
        make("endpoint_configuration", **elsewhere).execute(Context())


@pytest.fixture
def credential(monkeypatch: pytest.MonkeyPatch) -> CredentialPortObjectSpec:
    """What arrives at the credential port, with its key in KNIME's memory."""
    monkeypatch.setattr(CredentialPortObjectSpec, "kept", {"<cache id='7'/>": ("Bearer", KEY)})
    return CredentialPortObjectSpec("<cache id='7'/>")


def test_the_key_of_a_credential_port_is_sent_and_never_saved(
    make: Any, sandbox_server: Callable[..., str], credential: CredentialPortObjectSpec
) -> None:
    node = make("endpoint_configuration", **{"service.base_url": sandbox_server(key=KEY)})
    context = Context(credentials={})
    node.configure(context, credential)
    made = node.execute(context, SimpleNamespace(spec=credential))
    text = json.dumps(made.spec.serialize())
    assert KEY not in text
    chained = ConfigurationObject(ConfigurationSpec.deserialize(json.loads(text)))
    listed, _ = make("list_models").execute(context, chained)
    assert listed[0].num_rows > 5


def test_a_user_name_with_a_password_has_the_password_as_key(
    make: Any, sandbox_server: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    basic = base64.b64encode(f"somebody:{KEY}".encode()).decode()
    monkeypatch.setattr(CredentialPortObjectSpec, "kept", {"<x/>": ("Basic", basic)})
    spec = CredentialPortObjectSpec("<x/>")
    node = make("endpoint_configuration", **{"service.base_url": sandbox_server(key=KEY)})
    node.execute(Context(), SimpleNamespace(spec=spec))


def test_a_credential_that_knime_no_longer_has_is_told_when_it_is_needed(
    make: Any, credential: CredentialPortObjectSpec
) -> None:
    node = make("endpoint_configuration", **{"service.verify": False})
    made = node.execute(Context(), SimpleNamespace(spec=credential))
    credential.kept.clear()  # the workflow was closed and opened again
    listed = make("list_models")
    listed.configure(Context(), made.spec)
    with pytest.raises(knext.InvalidParametersError, match="execute the node that the Endpoint Configuration gets it"):
        listed.execute(Context(), made)


def test_a_key_of_the_machine_is_never_used_in_silence(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    context = Context()
    make("endpoint_configuration", **{"service.verify": False}).execute(context)
    assert context.warnings == ["No credential is chosen: the key is OPENAI_API_KEY of the machine that KNIME runs on."]
    chosen = Context()
    make("endpoint_configuration", **{"service.verify": False, "service.credential": "key"}).execute(chosen)
    make("endpoint_configuration", **{"service.base_url": "sandbox:"}).execute(chosen)
    assert chosen.warnings == []


def test_credentials_are_offered_by_name(nodes: Any) -> None:
    credential = vars(type(vars(nodes["endpoint_configuration"].factory)["service"]))["credential"]
    assert [choice.id for choice in credential.details["choices"](Context())] == ["<none>", "key"]


def test_every_field_of_a_configuration_can_be_set(make: Any) -> None:
    node = make("endpoint_configuration")
    names = {*vars(type(node.service)), *vars(type(node.limits))}
    assert {*Configuration.fields()} - {"unknown"} <= names


def test_a_budget_saved_under_its_former_name_still_holds(make: Any) -> None:
    saved = {"service.base_url": "sandbox:", "limits.set_max_tokens": True, "limits.max_tokens": 500}
    assert make("endpoint_configuration", **saved).configure(Context()).configuration.max_total_tokens == 500
    both = {**saved, "limits.set_max_total_tokens": True, "limits.max_total_tokens": 9}
    assert make("endpoint_configuration", **both).configure(Context()).configuration.max_total_tokens == 9
