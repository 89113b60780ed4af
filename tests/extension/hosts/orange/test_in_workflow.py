"""Nodes among Orange's own widgets, in a workflow that is saved and opened again; the service counts requests."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import orange_support
import pytest
from AnyQt.QtTest import QTest
from AnyQt.QtWidgets import QApplication
from Orange.canvas.config import Config
from Orange.classification import KNNLearner
from Orange.data import Table
from Orange.widgets.data.owselectrows import OWSelectRows
from Orange.widgets.evaluate.owtestandscore import OWTestAndScore
from Orange.widgets.tests import base
from Orange.widgets.utils.filedialogs import RecentPath
from orange_support import BY_NAME
from orangecanvas import config
from orangecanvas.registry import WidgetRegistry
from orangecanvas.scheme import SchemeLink, SchemeNode

NODES = "endpoint_nodes.extension.hosts.orange."


@pytest.fixture
def workflow(tmp_path: Path) -> Iterator[Callable[[str], Any]]:
    """Give a function that opens a workflow of File, Configuration, chat and Data Table; the first call makes it."""
    base.GuiTest.setUpClass()
    config.set_default(Config())
    config.init()
    registry = WidgetRegistry()
    config.default.widget_discovery(registry).run(config.default.widgets_entry_points())
    path = tmp_path / "asked.ows"
    (tmp_path / "plums.csv").write_text("name\nPlum\nPear\nQuince\n", encoding="utf-8")
    schemes: list[Any] = []

    def save(scheme: Any) -> None:
        scheme.sync_node_properties()
        with path.open("wb") as out:
            scheme.save_to(out, pretty=True, pickle_fallback=True)

    def make(url: str) -> None:
        scheme = config.default.workflow_constructor()
        nodes = {}
        plums = RecentPath(str(tmp_path / "plums.csv"), None, None)
        asked = {"values": {"prompt": "Describe a {name}.", "model": "gpt-5.2"}}
        for title, name, properties in (
            ("File", "Orange.widgets.data.owfile.OWFile", {"recent_paths": [plums]}),
            ("where", f"{NODES}configuration_widget.EndpointConfiguration", {"base_url": url}),
            ("chat", f"{NODES}widgets.CreateChatCompletion", asked),
            ("table", "Orange.widgets.data.owtable.OWTable", {}),
        ):
            nodes[title] = SchemeNode(registry.widget(name), title=title, properties=properties)
            scheme.add_node(nodes[title])
        for source, output, sink, given in (
            ("File", "Data", "chat", "Requests"),
            ("where", "Configuration", "chat", "Configuration"),
            ("chat", "Results", "table", "Data"),
        ):
            channels = nodes[source].output_channel(output), nodes[sink].input_channel(given)
            scheme.add_link(SchemeLink(nodes[source], channels[0], nodes[sink], channels[1]))
        save(scheme)
        scheme.clear()

    def opened(url: str) -> Any:
        if not path.exists():
            make(url)
        for scheme in schemes:
            save(scheme)
            scheme.clear()
        scheme = config.default.workflow_constructor()
        with path.open("rb") as file:
            scheme.load_from(file, registry=registry)
        schemes[:] = [scheme]
        widgets = {node.title: scheme.widget_for_node(node) for node in scheme.nodes}
        assert QTest.qWaitFor(lambda: widgets["chat"].requests is not None, 20_000)
        return widgets["chat"]

    yield opened
    for scheme in schemes:
        scheme.clear()
    QApplication.processEvents()


def run(widget: Any) -> Table:
    widget.panel.run_button.click()
    assert QTest.qWaitFor(lambda: widget.task is None, 30_000)
    assert not list(widget.Error.active), str(widget.Error.run)
    return widget.results


@pytest.mark.filterwarnings("ignore:RecentPathsWidgetMixin is deprecated")  # in File
def test_nothing_is_bought_twice_in_a_window_nor_after_it_was_closed(
    workflow: Callable[[str], Any], sandbox_server: Callable[..., str]
) -> None:
    url = sandbox_server()

    def asked() -> int:
        log = httpx.get(f"{url.removesuffix('/v1')}/sandbox/requests").json()["requests"]
        return sum(entry["path"].endswith("/chat/completions") for entry in log)

    chat = workflow(url)
    first = run(chat)
    assert asked() == 3
    run(chat)
    chat.form.rows["keep_columns"].put(False)
    run(chat)
    chat.form.rows["keep_columns"].put(True)
    chat.form.rows["result_format"].put("structured")
    run(chat)
    assert asked() == 3, "what changes only the table costs nothing"
    chat.form.rows["result_format"].put("simplified")
    again = workflow(url)
    assert again.results is None, "an opened workflow has asked nothing"
    assert list(run(again).get_column("content")) == list(first.get_column("content"))
    assert asked() == 3, "responses outlast the window"
    again.form.rows["prompt"].put("Describe a {name} in French.")
    run(again)
    assert asked() == 6


class TestOwnWidgets(orange_support.OperationTest):
    def test_vectors_of_texts_go_into_test_and_score_with_the_class_of_the_input(self) -> None:
        zoo = Table("zoo")
        vectors = self.run_on("CreateEmbeddings", zoo, input="{name}", model="text-embedding-3-small", dimensions=8)
        assert vectors.domain.class_var is zoo.domain.class_var
        assert list(vectors.ids) == list(zoo.ids)
        scoring = self.create_widget(OWTestAndScore)
        self.send_signal(scoring.Inputs.train_data, vectors, widget=scoring)
        self.send_signal(scoring.Inputs.learner, KNNLearner(), 0, widget=scoring)
        results = self.get_output(scoring.Outputs.evaluations_results, widget=scoring, wait=60_000)
        assert len(results.actual) == len(zoo)

    def test_rows_are_selected_by_a_column_of_the_input_and_by_a_score(self) -> None:
        judged = self.run_on("CreateModeration", Table("zoo")[:10], input="{name}")
        scores = [variable.name for variable in judged.domain.attributes if variable.name.startswith("category_scores")]
        assert len(scores) == 13
        flags = [variable for variable in judged.domain.metas if variable.name.startswith("categories_")]
        assert len(flags) == 13
        selecting = self.create_widget(OWSelectRows)
        self.send_signal(selecting.Inputs.data, judged, widget=selecting)
        assert {"hair", "type"} <= {variable.name for variable in selecting.data.domain.variables}

    def test_a_text_that_was_answered_is_what_the_next_node_reads_and_never_its_model(self) -> None:
        answered = self.run_on("CreateChatCompletion", Table("zoo")[:2], prompt="Describe {name}.", model="gpt-5.2")
        speech = self.create_widget(BY_NAME["CreateSpeech"])
        self.send_signal("Requests", answered, widget=speech)
        assert speech.form.chosen_columns() == {"input": "content"}
        assert speech.form.rows["model"].chooser.currentText() == "fixed value"
