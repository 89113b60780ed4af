"""The node "Endpoint Configuration"."""

import logging
from typing import Any

import knime.extension as knext

from ....port_types.configuration import Configuration
from ....port_types.fields import FieldKind
from ...engine.model_list import ask_for_models
from ..kit.fields import public_fields
from .category import CATEGORY, icon_of
from .credentials import (
    NO_CREDENTIAL,
    PORT_CREDENTIAL,
    check_credentials,
    credentials_of,
    offered_credentials,
    shared_key_warning,
)
from .entry_lists import entry_list, with_entries
from .errors import translate_errors
from .parameters import make_group
from .ports import CONFIGURATION_PORT, ConfigurationObject, ConfigurationSpec
from .settings import values_of

__all__ = ["EndpointConfiguration"]

LOG = logging.getLogger(__name__)
FIELDS = [field for field in public_fields(Configuration) if field.name != "credential"]
LIMITS = [field for field in FIELDS if field.kind in (FieldKind.INTEGER, FieldKind.NUMBER)]
SERVICE = [field for field in FIELDS if field not in LIMITS]

Service = make_group(
    "Service",
    "Service",
    "Where requests go, and with which key.",
    SERVICE,
    first={
        "credential": knext.StringParameter(
            "Credential",
            "A credential of the workflow; its password is the key, its user name is not used. Only the name is saved. "
            "None suits services that need no key; for OpenAI's own base URL it takes the environment variable "
            "OPENAI_API_KEY.",
            NO_CREDENTIAL,
            choices=offered_credentials,
            since_version="0.1.0",
        ).rule(knext.DialogContextCondition(lambda context: not any(context.get_input_specs())), knext.Effect.SHOW)
    },
    last={
        "verify": knext.BoolParameter(
            "Verify settings",
            "Asks the service for its models when the node is executed, so that a wrong key or base URL shows here; "
            "the nodes behind it then offer the models, and KNIME's log lists them. The sandbox is not asked.",
            True,
            since_version="0.1.0",
        )
    },
)
Limits = make_group("Limits", "Limits", "How fast, how long and how much.", LIMITS)


@knext.node(
    "Endpoint Configuration",
    knext.NodeType.SOURCE,
    icon_of("endpoint_configuration"),
    CATEGORY,
    keywords=["OpenAI", "API key", "base URL", "connection", "credentials", "sandbox"],
    id="endpoint_configuration",
)
@knext.input_port(
    "Credential",
    "A credential whose token or password is the key, in place of a credential of the workflow.",
    knext.PortType.CREDENTIAL,
    optional=True,
)
@knext.output_port("Configuration", "Where to send, with which credential, under which limits.", CONFIGURATION_PORT)
class EndpointConfiguration:
    """Says where requests go, with which credential and under which limits.

    Connect it to the first node of a chain; every node passes its Configuration on to the next one.

    The key itself is never saved: the Configuration holds the name of a credential of the workflow, and the key is
    looked up when a request is sent. Any service that speaks the OpenAI protocol will do. With the base URL `sandbox:`
    every node runs on an embedded sandbox, without a network or a key, so that a workflow can be rehearsed before
    anything is paid for.
    """

    service = Service()
    headers_list = entry_list("EndpointConfiguration", Configuration.fields()["headers"])
    parameters_list = entry_list("EndpointConfiguration", Configuration.fields()["parameters"])
    limits = Limits()

    def configure(self, context: Any, credential: Any = None) -> ConfigurationSpec:
        with translate_errors(Configuration):
            spec = self._spec(credential)
            check_credentials(spec, context, executing=False)
        return spec

    def execute(self, context: Any, credential: Any = None) -> ConfigurationObject:
        with translate_errors(Configuration):
            spec = self._spec(credential and credential.spec)
            check_credentials(spec, context, executing=True)
            if sentence := shared_key_warning(spec.configuration):
                context.set_warning(sentence)
            if self.service.verify and not spec.configuration.is_sandbox:
                context.set_progress(0.1, f"Asking {spec.configuration.base_url} for its models")
                _verify(spec, context)
        return ConfigurationObject(spec)

    def _spec(self, credential: Any) -> ConfigurationSpec:
        """Return what the settings say, with the credential of the port where one is connected."""
        service, limits = self.service, self.limits
        values = with_entries(values_of(service, SERVICE) | values_of(limits, LIMITS), self, FIELDS)
        if credential is not None:
            return ConfigurationSpec(Configuration(**values, credential=f"host:{PORT_CREDENTIAL}"), _data(credential))
        if service.credential not in ("", NO_CREDENTIAL):
            values["credential"] = f"host:{service.credential}"
        return ConfigurationSpec(Configuration(**values))


def _data(credential: Any) -> str:
    return str(credential.serialize()["data"])


def _verify(spec: ConfigurationSpec, context: Any) -> None:
    """Ask the service for its models, which the nodes behind then offer.

    Raises:
        EndpointError: the service cannot be asked; the sentence says why.
    """
    configuration, credentials = spec.configuration, credentials_of(context, spec)
    models = ask_for_models(configuration, credentials, patience=30.0, cancelled=context.is_canceled)
    names = ", ".join(model.id for model in models)
    LOG.info("%s has %d models: %s", configuration.base_url, len(models), names)
