"""What a node chooses by itself: a column of the table, a model of the service."""

from collections.abc import Callable
from typing import Any

import knime.extension as knext
import pyarrow as pa
import pytest
from kinds import EveryKind
from workflow import Context, Table, parameters, settings

from endpoint_nodes.extension.hosts.knime_nodes.factory import make_node
from endpoint_nodes.extension.hosts.knime_nodes.fields import OTHER


def test_what_was_guessed_is_kept_although_something_else_is_missing(nodes: Any, port: Any) -> None:
    silent = port("http://127.0.0.1:9/v1", **{"service.verify": False})
    node, context = nodes["create_chat_completion"].factory(), Context()
    prompts = Table({"prompt": pa.array(["x"])}).schema
    schema, _ = node.configure(context, silent.spec, prompts)
    assert (schema, context.warnings) == (None, ["Model is missing: enter a value."])
    assert node.input.prompt_column == "prompt"
    with pytest.raises(knext.InvalidParametersError, match="Model is missing: enter a value"):
        node.configure(context, silent.spec, prompts)


def test_models_come_from_the_service_or_are_typed(
    every_kind: Any, port: Any, sandbox_server: Callable[..., str]
) -> None:
    choices = parameters(every_kind().request)["model"].details["choices"]
    served = [choice.id for choice in choices(Context(port(sandbox_server()).spec, None))]
    assert "gpt-image-2" in served
    assert served[-1] == OTHER
    silent = port("http://127.0.0.1:9/v1", **{"service.verify": False})
    for context in (Context(silent.spec, None), Context(None, None)):
        assert [choice.id for choice in choices(context)] == [OTHER]


def test_a_saved_model_is_offered_although_no_service_lists_it() -> None:
    model = parameters(make_node(EveryKind)().request)["model"]
    model.details["validator"]("plum-2")  # KNIME reads the settings before it asks for the choices
    assert [choice.id for choice in model.details["choices"](Context(None, None))] == ["plum-2", OTHER]


def test_the_first_suitable_model_is_chosen_once_the_service_is_known(
    nodes: Any, port: Any, sandbox_server: Callable[..., str]
) -> None:
    prompts = Table({"prompt": pa.array(["x"])}).schema
    unknown = port(sandbox_server(), **{"service.verify": False})
    verified = port(sandbox_server())  # verifying asks for the models
    node = nodes["create_chat_completion"].factory()
    node.configure(Context(), unknown.spec, prompts)
    assert node.request.model == OTHER
    node.configure(Context(), verified.spec, prompts)
    assert node.request.model == "gpt-5.2"
    chosen = settings(nodes["create_chat_completion"].factory(), {"request.model_other": "mine"})
    chosen.configure(Context(), verified.spec, prompts)
    assert chosen.planned(prompts).node.model == "mine"
