"""What an opened workflow may do before its user has said a word."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from AnyQt.QtTest import QTest
from AnyQt.QtWidgets import QApplication
from Orange.canvas.config import Config
from Orange.widgets.tests import base
from orangecanvas import config
from orangecanvas.registry import WidgetRegistry
from orangecanvas.scheme import SchemeLink, SchemeNode

NODES = "endpoint_nodes.extension.hosts.orange."
CONFIGURATION, CHAT = "configuration_widget.EndpointConfiguration", "widgets.CreateChatCompletion"
MODEL = {"model": "sandbox-chat"}


@pytest.fixture(scope="module")
def registry() -> WidgetRegistry:
    """Give the registry that the canvas itself would make."""
    base.GuiTest.setUpClass()
    config.set_default(Config())
    config.init()
    found = WidgetRegistry()
    config.default.widget_discovery(found).run(config.default.widgets_entry_points())
    return found


@pytest.fixture
def open_workflow(registry: WidgetRegistry, tmp_path: Path) -> Iterator[Callable[[str], dict[str, Any]]]:
    """Give a function that saves a workflow of a Configuration and two chats, and opens it as the canvas does."""
    schemes: list[Any] = []

    def opened(base_url: str) -> dict[str, Any]:
        scheme = config.default.workflow_constructor()
        nodes = {}
        for title, name, properties in (
            ("where", CONFIGURATION, {"base_url": base_url, "credential": "env:OF_THE_READER"}),
            ("first", CHAT, {"values": {**MODEL, "prompt": "Name two plums."}, "run_automatically": True}),
            ("second", CHAT, {"values": {**MODEL, "prompt": "And two more."}, "run_automatically": True}),
        ):
            nodes[title] = SchemeNode(registry.widget(NODES + name), title=title, properties=properties)
            scheme.add_node(nodes[title])
        for source, sink in (("where", "first"), ("first", "second")):
            channels = nodes[source].output_channel("Configuration"), nodes[sink].input_channel("Configuration")
            scheme.add_link(SchemeLink(nodes[source], channels[0], nodes[sink], channels[1]))
        path = tmp_path / "received.ows"
        with path.open("wb") as file:
            scheme.save_to(file, pretty=True, pickle_fallback=True)
        received = config.default.workflow_constructor()
        with path.open("rb") as file:
            received.load_from(file, registry=registry)
        schemes.append(received)
        return {node.title: received.widget_for_node(node) for node in received.nodes}

    yield opened
    for scheme in schemes:
        scheme.clear()
    QApplication.processEvents()


def wait(until: Callable[[], bool]) -> None:
    assert QTest.qWaitFor(until, 20_000)


def chats(url: str) -> list[dict[str, Any]]:
    log = httpx.get(f"{url.removesuffix('/v1')}/sandbox/requests").json()["requests"]
    return [entry for entry in log if entry["path"].endswith("/chat/completions")]


def test_a_workflow_that_was_just_opened_sends_nothing_until_its_user_says_so(
    open_workflow: Callable[[str], dict[str, Any]],
    sandbox_server: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OF_THE_READER", "sk-marked")
    url = sandbox_server()
    widgets = open_workflow(url)
    first, second = widgets["first"], widgets["second"]
    wait(lambda: first.Information.unasked.is_shown() and second.Information.unasked.is_shown())
    host = url.removeprefix("http://").removesuffix("/v1")
    assert f"press Run to let this workflow send to {host} with env:OF_THE_READER" in str(first.Information.unasked)
    first.show()
    QApplication.processEvents()
    assert httpx.get(f"http://{host}/sandbox/requests").json()["requests"] == [], "not even for its models"
    first.panel.run_button.click()
    wait(lambda: first.results is not None and second.results is not None)
    assert len(chats(url)) == 2, "one word is enough for all nodes of the workflow that send there"
    first.hide()
    again = open_workflow(url)
    wait(lambda: bool(again["first"].Information.unasked.is_shown()))
    assert again["first"].results is None, "another window is another word"


def test_another_credential_or_service_is_another_word(
    open_workflow: Callable[[str], dict[str, Any]], sandbox_server: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OF_THE_READER", "sk-marked")
    monkeypatch.setenv("ANOTHER", "sk-marked")
    url = sandbox_server()
    widgets = open_workflow(url)
    first, where = widgets["first"], widgets["where"]
    wait(lambda: bool(first.Information.unasked.is_shown()))
    first.panel.run_button.click()
    wait(lambda: widgets["second"].results is not None)
    where.reference.setText("ANOTHER")
    where.commit()
    wait(lambda: bool(first.Information.unasked.is_shown()))
    assert "env:ANOTHER" in str(first.Information.unasked)
    assert len(chats(url)) == 2


def test_the_embedded_sandbox_needs_no_word(open_workflow: Callable[[str], dict[str, Any]]) -> None:
    widgets = open_workflow("sandbox:")
    wait(lambda: widgets["second"].results is not None)
    assert widgets["first"].results is not None
