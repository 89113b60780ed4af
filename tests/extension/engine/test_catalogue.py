"""The list of a service's models: asked for once, filtered for a field, and the source of a warning."""

import datetime as dt
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.extension.engine.known_models import Model, ends_soon, shutdown_warning
from endpoint_nodes.extension.engine.model_list import choices, list_models
from endpoint_nodes.nodes import node_classes
from endpoint_nodes.nodes.create_image import CreateImage
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.errors import EndpointError, RunStopped


def served_requests(base_url: str) -> list[str]:
    log = httpx.get(base_url.removesuffix("/v1") + "/sandbox/requests").json()
    return [request["path"] for request in log["requests"]]


def test_a_list_is_asked_for_once(sandbox_server: Callable[..., str]) -> None:
    base_url = sandbox_server()
    first = list_models(Configuration(base_url=base_url))
    again = list_models(Configuration(base_url=base_url, concurrency=3, timeout=5))
    assert again == first
    assert [model.id for model in first][:2] == ["sandbox-image", "gpt-image-2"]
    assert served_requests(base_url) == ["/v1/models"]


def test_a_dialog_offers_what_the_operation_can_use() -> None:
    sandbox = Configuration(base_url="sandbox:")
    offered = {
        name: choices(node.fields()["model"], sandbox)
        for name, node in node_classes().items()
        if "model" in node.fields()
    }
    assert offered["create_chat_completion"] == ["gpt-5.2", "sandbox-chat"]
    assert offered["create_embeddings"] == ["sandbox-embedding"]
    assert offered["create_image"][0] == "gpt-image-2"
    assert offered["create_speech"] == ["sandbox-speech"]
    assert offered["create_transcription"] == offered["create_translation"] == ["sandbox-transcription"]
    assert offered["create_moderation"] == ["sandbox-moderation"]
    assert choices(CreateImage.fields()["size"], sandbox)[0] == "1024x1024"


def test_a_service_that_cannot_be_asked_says_why(sandbox_server: Callable[..., str]) -> None:
    with pytest.raises(RunStopped, match="401"):
        list_models(Configuration(base_url=sandbox_server(key="sk-other")))


def test_a_service_that_gave_no_list_is_not_asked_again_at_once(recorder: Callable[..., Any]) -> None:
    service = recorder(status=404)
    for _ in range(2):
        with pytest.raises(EndpointError, match="404"):
            list_models(Configuration(base_url=service.url))
    assert len(service.headers) == 1


def test_a_run_warns_of_a_model_that_ends_and_asks_for_nothing_itself(sandbox_server: Callable[..., str]) -> None:
    base_url = sandbox_server()
    configuration = Configuration(base_url=base_url)
    node = CreateImage(prompt="Plums", model="gpt-image-1.5")
    warnings: list[str] = []
    execute(node, configuration, warn=warnings.append)
    assert (warnings, served_requests(base_url)) == ([], ["/v1/images/generations"])
    list_models(configuration)
    days = {
        dt.date(2026, 8, 1): "",
        dt.date(2026, 9, 15): "The model gpt-image-1.5 will be shut down on 2026-12-01; choose another one.",
        dt.date(2026, 12, 1): "The model gpt-image-1.5 was shut down on 2026-12-01; choose another one.",
    }
    for day, sentence in days.items():
        assert shutdown_warning(node, configuration, day) == sentence
    execute(node, configuration, warn=warnings.append)
    assert len(warnings) == 1
    assert "shut down on 2026-12-01" in warnings[0]
    assert shutdown_warning(CreateImage(prompt="Plums"), configuration, dt.date(2027, 1, 1)) == ""


def test_another_process_knows_the_last_list_and_the_failure(
    sandbox_server: Callable[..., str], recorder: Callable[..., Any]
) -> None:
    listed, silent = Configuration(base_url=sandbox_server()), Configuration(base_url=recorder(status=404).url)
    list_models(listed)
    with pytest.raises(EndpointError):
        list_models(silent)
    program = (
        "import sys, datetime as dt\n"
        "from endpoint_nodes.extension.engine.known_models import *\n"
        "from endpoint_nodes.nodes.create_image import CreateImage\n"
        "from endpoint_nodes.port_types.configuration import Configuration\n"
        "listed, silent = (Configuration(base_url=url) for url in sys.argv[1:])\n"
        "node = CreateImage(prompt='Plums', model='gpt-image-1.5')\n"
        "print(recall(listed)[0].id, recall_failure(silent) is not None, last_list(silent))\n"
        "print(shutdown_warning(node, listed, dt.date(2026, 12, 1)))\n"
    )
    urls = [listed.base_url, silent.base_url]
    ended = subprocess.run([sys.executable, "-c", program, *urls], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines() == [
        "sandbox-image True None",
        "The model gpt-image-1.5 was shut down on 2026-12-01; choose another one.",
    ]


def test_a_model_that_ends_within_three_months_ends_soon() -> None:
    today = dt.datetime.now(dt.UTC).date()
    ends = [None, today - dt.timedelta(days=1), today + dt.timedelta(days=89), today + dt.timedelta(days=92)]
    assert [ends_soon(Model("plum-2", shutdown_date=day)) for day in ends] == [False, True, True, False]
