"""Widgets of nodes as Orange runs them: real threads, real requests, tables in and out."""

import re
import threading
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from Orange.data import ContinuousVariable, Domain, StringVariable, Table
from Orange.widgets.tests import base
from orangecontrib.imageanalytics.widgets.owimageviewer import OWImageViewer

from endpoint_nodes.extension.hosts.orange.preferences import ask_above, remember_ask_above
from endpoint_nodes.extension.hosts.orange.widgets import WIDGETS, CreateImageVariation
from endpoint_nodes.port_types.configuration import Configuration

IMAGES = Path(__file__).parents[4] / "examples" / "images"
PNG = sorted(path.name for path in IMAGES.glob("*.png"))
SANDBOX = Configuration(base_url="sandbox:")
BY_NAME = {widget.__name__: widget for widget in WIDGETS}


def images(count: int, **instead: str) -> Table:
    """Return a table as Import Images makes it; `instead` gives a row ("row_2") another file."""
    variable = StringVariable("image")
    variable.attributes = {"type": "image", "origin": str(IMAGES)}
    names = [instead.get(f"row_{number}", PNG[number % len(PNG)]) for number in range(count)]
    metas = [StringVariable("image name"), variable, ContinuousVariable("width")]
    rows = np.array([[f"photo {number}", name, 512.0] for number, name in enumerate(names)], dtype=object)
    return Table.from_numpy(Domain([], None, metas), np.empty((count, 0)), None, rows.reshape(count, 3))


def texts(*rows: str) -> Table:
    cells = np.array(rows, dtype=object).reshape(-1, 1)
    return Table.from_numpy(Domain([], None, [StringVariable("input")]), np.empty((len(rows), 0)), None, cells)


def sent(url: str) -> int:
    """Return how many variations the service at `url` was asked for."""
    log = httpx.get(f"{url.removesuffix('/v1')}/sandbox/requests").json()["requests"]
    return sum(entry["path"].endswith("/images/variations") for entry in log)


class RunTest(base.WidgetTest):
    serve: Any
    kind: Any = CreateImageVariation

    def setUp(self) -> None:
        super().setUp()
        self.widget = self.create_widget(self.kind)

    def feed(self, table: Table | None, configuration: Configuration = SANDBOX, **values: Any) -> None:
        self.send_signal("Configuration", configuration)
        self.send_signal("Requests", table)
        for name, value in values.items():
            self.widget.form.rows[name].put_flag(True)
            self.widget.form.rows[name].put(value)

    def results(self) -> Table:
        self.widget.panel.run_button.click()
        return self.get_output("Results", wait=30_000)

    def wait_for_rows(self, count: int) -> None:
        self.process_events(until=lambda: len(self.widget.done) >= count, timeout=30_000)

    def messages(self) -> str:
        return "\n".join(str(message) for group in self.widget.message_groups for message in group.active)


class TestCreateImageVariation(RunTest):
    def test_a_table_from_import_images_goes_straight_in_and_image_viewer_shows_the_results(self) -> None:
        self.feed(images(3), n=2, size="256x256", fit="pad")
        table = self.results()
        names = [variable.name for variable in table.domain.metas]
        assert names[:4] == ["image_variation_image", "image name", "image", "width"]
        assert not table.domain.attributes
        assert list(table.get_column("image name")) == [f"photo {row}" for row in (0, 0, 1, 1, 2, 2)]
        image = table.domain["image_variation_image"]
        files = [Path(image.attributes["origin"], name) for name in table.get_column(image)]
        assert image.attributes["type"] == "image"
        assert all(path.read_bytes().startswith(b"\x89PNG") for path in files)
        viewer = self.create_widget(OWImageViewer)
        self.send_signal(viewer.Inputs.data, table, widget=viewer)
        assert (viewer.image_attr.name, viewer.title_attr.name) == ("image_variation_image", "image name")
        assert len(viewer.items) == 6
        viewer.onDeleteWidget()

    def test_the_configuration_is_passed_through_and_one_drag_links_results_to_requests(self) -> None:
        self.feed(None)
        assert self.get_output("Configuration") is SANDBOX
        assert self.widget.Outputs.results.default
        assert self.widget.Inputs.requests.default

    def test_results_feed_the_next_node_without_a_choice(self) -> None:
        self.feed(images(2), size="256x256", fit="pad")
        first = self.results()
        self.feed(first)
        assert self.widget.form.chosen_columns() == {"image": "image_variation_image"}
        self.feed(self.results())
        assert self.widget.form.chosen_columns() == {"image": "image_variation_image_2"}

    def test_nothing_runs_by_itself(self) -> None:
        self.feed(images(2), fit="pad")
        assert self.widget.task is None
        assert self.get_output("Results") is None

    def test_run_automatically_runs_on_input(self) -> None:
        self.widget.form.rows["fit"].put("pad")
        self.widget.run_automatically = True
        self.feed(images(2))
        assert len(self.get_output("Results", wait=30_000)) == 2

    def test_a_failed_row_loses_no_other_row(self) -> None:
        self.feed(images(4, row_1="missing.png"), fit="pad", size="256x256", on_error="continue", request_details=True)
        table = self.results()
        assert list(table.get_column("image name")) == [f"photo {row}" for row in range(4)]
        assert [bool(name) for name in table.get_column("image_variation_image")] == [True, False, True, True]
        assert "missing.png" in table.get_column("error")[1]
        assert "1 of 4 rows failed. photo 1: image:" in self.messages()
        skipped = self.get_output("Skipped")
        assert list(skipped.get_column("image name")) == ["photo 1"]
        assert "missing.png" in skipped.get_column("error")[0]
        assert "1 row without a result; the output Skipped has them." in self.messages()

    def test_rows_without_a_required_value_are_skipped_and_counted(self) -> None:
        self.feed(images(3, row_1=""), fit="pad", size="256x256", missing_values="skip")
        assert len(self.results()) == 3
        assert list(self.get_output("Skipped").get_column("error")) == ["a required value is missing"]
        assert "1 row without a result" in self.messages()
        self.feed(images(2), missing_values="skip")
        self.results()
        assert self.get_output("Skipped") is None

    def test_a_run_that_a_row_stops_keeps_the_rows_before_it(self) -> None:
        self.feed(images(6, row_5="http://127.0.0.1:9/gone.png"), SANDBOX_ONE_AT_A_TIME, fit="pad", size="256x256")
        assert len(self.results()) == 5
        assert "Row 6: image:" in self.messages()
        assert self.widget.panel.run_button.isEnabled()

    def test_the_inputs_columns_and_row_ids_stay(self) -> None:
        photos = images(2)
        self.feed(photos, fit="pad", size="256x256", n=2)
        table = self.results()
        assert list(table.get_column("width")) == [512.0] * 4
        assert list(table.get_column("image")) == [PNG[0], PNG[0], PNG[1], PNG[1]]
        assert list(table.ids) == [photos.ids[row] for row in (0, 0, 1, 1)]

    def test_without_the_inputs_columns_a_caption_names_each_result(self) -> None:
        self.feed(images(2), fit="pad", size="256x256", n=2, keep_columns=False)
        table = self.results()
        assert [variable.name for variable in table.domain.metas][:3] == ["caption", "image", "row_id"]
        assert list(table.get_column("caption")) == [f"photo {row} · {n}" for row in range(2) for n in (1, 2)]

    def test_an_empty_table_gives_an_empty_table_of_the_same_columns(self) -> None:
        self.feed(images(1), fit="pad", size="256x256")
        some = self.results()
        self.feed(images(0))
        none = self.results()
        assert len(none) == 0
        names = [variable.name for variable in none.domain.metas]
        assert [variable.name for variable in some.domain.metas if variable.name not in names] == []

    def test_bookkeeping_and_empty_columns_stay_out_until_they_are_asked_for(self) -> None:
        self.feed(images(1), fit="pad", size="256x256")
        brief = {variable.name for variable in self.results().domain.metas}
        self.feed(images(1), request_details=True)
        detailed = {variable.name for variable in self.results().domain.metas}
        assert brief == {"image_variation_image", "image name", "image", "width", "index", "route"}
        assert {"created", "status", "attempts", "elapsed_ms"} <= detailed
        self.feed(images(1), result_format="structured", request_details=False)
        assert "data" in {variable.name for variable in self.results().domain.metas}

    def test_what_is_missing_is_said_before_anything_is_sent(self) -> None:
        self.widget.run()
        assert "No Configuration" in self.messages()
        self.feed(None)
        self.widget.run()
        assert "Image is missing" in self.messages()
        self.feed(texts("a"))
        self.widget.form.rows["image"].wish = "photo"
        assert self.results() is None or len(self.results()) == 0
        assert "'photo'" in self.messages()

    def test_the_folder_can_be_chosen(self) -> None:
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            self.widget.folder = folder
            self.feed(images(1), fit="pad", size="256x256")
            self.results()
            assert len(list(Path(folder).iterdir())) == 1


@pytest.mark.usefixtures("serve")
class TestAService(RunTest):
    def test_cancel_while_a_hundred_requests_run_leaves_the_widget_usable(self) -> None:
        url = self.serve(latency=0.05)
        self.feed(images(100), Configuration(base_url=url, cache="off"), fit="pad", size="256x256")
        self.widget.panel.run_button.click()
        self.wait_for_rows(5)
        self.widget.panel.cancel_button.click()
        some = self.get_output("Results")
        assert 5 <= len(some) < 100
        assert "Cancelled after" in self.messages()
        assert len(self.results()) == 100
        assert not self.messages()

    def test_only_a_run_that_comes_to_its_end_replaces_results(self) -> None:
        url = self.serve(latency=0.05)
        self.feed(images(10), Configuration(base_url=url, cache="off"), fit="pad", size="256x256")
        whole = self.results()
        self.widget.panel.run_button.click()
        assert self.widget.panel.status.text().startswith("0 of 10 rows")
        self.wait_for_rows(1)
        self.widget.panel.cancel_button.click()
        assert self.get_output("Results") is whole
        assert "Results are those of the run before" in self.messages()
        self.send_signal("Configuration", None)
        self.widget.run()
        assert self.get_output("Results") is whole
        assert "No Configuration" in self.messages()

    def test_run_with_nothing_changed_asks_nothing(self) -> None:
        url = self.serve()
        self.feed(images(5), Configuration(base_url=url), fit="pad", size="256x256")
        first = self.results()
        assert sent(url) == 5
        self.feed(images(5), Configuration(base_url=url), keep_columns=False)
        assert "settings have changed" in self.messages()
        again = self.results()
        assert list(again.get_column("image")) == list(first.get_column("image_variation_image"))
        assert sent(url) == 5
        self.feed(images(6), Configuration(base_url=url), result_format="structured")
        assert len(self.results()) == 6
        assert sent(url) == 6
        self.feed(images(6), Configuration(base_url=url), take=2)
        self.results()
        assert sent(url) == 12

    def test_a_run_that_was_cancelled_is_not_taken_for_one_that_changes_nothing(self) -> None:
        one_at_a_time = Configuration(base_url=self.serve(latency=0.3), concurrency=1)
        self.feed(images(4), one_at_a_time, fit="pad", size="256x256")
        self.results()
        self.feed(images(4), one_at_a_time, n=2)
        self.widget.panel.run_button.click()
        self.wait_for_rows(1)
        self.widget.panel.cancel_button.click()
        self.widget.forecast()
        assert self.widget.panel.forecast.text().startswith("Sends up to 4 requests")

    def test_ask_again_asks_for_other_responses_and_keeps_the_former(self) -> None:
        url = self.serve()
        self.feed(images(3), Configuration(base_url=url), fit="pad", size="256x256")
        self.results()
        self.widget.panel.again_button.click()
        self.get_output("Results", wait=30_000)
        assert sent(url) == 6
        assert self.widget.form.values()["take"] == "2"
        self.widget.form.rows["take"].put(1)
        self.results()
        assert sent(url) == 6

    def test_what_run_would_send_is_said_before(self) -> None:
        url = self.serve()
        host = url.removeprefix("http://").removesuffix("/v1")
        self.feed(images(101), Configuration(base_url=url, cache="off"), fit="pad", size="256x256")
        self.widget.forecast()
        assert self.widget.panel.forecast.text() == f"Sends 101 requests to {host}."
        self.feed(images(2), Configuration(base_url=url), fit="pad", size="256x256")
        self.widget.forecast()
        assert self.widget.panel.forecast.text() == f"Sends up to 2 requests to {host}."
        self.results()
        self.widget.forecast()
        assert self.widget.panel.forecast.text().startswith("Nothing has changed since the last run")
        self.feed(None, Configuration(base_url=url))
        self.widget.forecast()
        assert "Image is missing" in self.widget.panel.forecast.text()
        assert sent(url) == 2

    def test_a_run_of_more_requests_than_the_user_set_is_confirmed(self) -> None:
        url = self.serve()
        before = ask_above()
        remember_ask_above(2)
        try:
            self.feed(images(3), Configuration(base_url=url, cache="off"), fit="pad", size="256x256")
            self.widget.panel.run_button.click()
            assert self.widget.task is None
            assert "Sends 3 requests to 127.0.0.1" in self.widget.question.text()
            self.widget.question.reject()
            assert sent(url) == 0
            self.widget.run_automatically = True
            self.feed(images(3), Configuration(base_url=url, cache="off"))
            assert "press Run to let this workflow send" in self.messages()
            self.widget.panel.run_button.click()
            send = next(button for button in self.widget.question.buttons() if button.text() == "Send")
            send.click()
            assert len(self.get_output("Results", wait=30_000)) == 3
            assert sent(url) == 3
            self.widget.panel.again_button.click()
            self.widget.question.reject()
            assert self.widget.form.rows["take"].value() == "1", "what is not sent is not another take"
            self.feed(images(4), Configuration(base_url=url, cache="off"))
            assert "4 requests are more than you want sent unasked; press Run." in self.messages()
            assert self.widget.task is None
        finally:
            remember_ask_above(before)

    def test_a_changed_table_stops_the_run_and_a_changed_configuration_does_not(self) -> None:
        first = Configuration(base_url=self.serve(latency=0.2), cache="off")
        self.feed(images(20), first, fit="pad", size="256x256")
        self.widget.panel.run_button.click()
        self.wait_for_rows(1)
        self.send_signal("Configuration", SANDBOX)
        assert self.widget.task is not None
        assert "changed since the last run" not in self.messages()
        self.send_signal("Requests", images(1))
        assert self.widget.task is None
        assert "Cancelled after" in self.messages()
        assert len(self.results()) == 1
        self.send_signal("Configuration", first)
        assert "changed since the last run" in self.messages()

    def test_the_report_says_what_was_asked_where_and_what_came_of_it(self) -> None:
        url = self.serve()
        broken = images(3, row_1="missing.png")
        self.feed(broken, Configuration(base_url=url, cache="off"), fit="pad", n=2, on_error="continue")
        self.results()
        self.widget.create_report_html()
        told = re.sub(r"<[^>]+>", " ", self.widget.report_html)
        host = url.removeprefix("http://").removesuffix("/v1")
        for words in (
            "column image",
            "Data instances:  3",
            f"Service:  {host}",
            "3 rows, 0 from the cache, 2 sent",
            "token",
        ):
            assert words in told, told
        assert "missing.png" in told
        assert "does not exist (1 row)" in told
        assert "If there are missing values" not in told, "what is as usual is left out"

    def test_closing_the_window_while_running_ends_its_threads(self) -> None:
        url = self.serve(latency=5)
        before = set(threading.enumerate())
        self.feed(images(100), Configuration(base_url=url, cache="off"), fit="pad")
        self.widget.panel.run_button.click()
        self.process_events(until=lambda: self.widget.panel.status.text() or len(threading.enumerate()) > len(before))
        self.widget.onDeleteWidget()
        self.process_events(until=lambda: not set(threading.enumerate()) - before, timeout=20_000)
        self.widgets.remove(self.widget)
        self.widget = self.create_widget(self.kind)

    def test_what_was_answered_is_not_bought_again(self) -> None:
        import tempfile

        url = self.serve(latency=0.05)
        with tempfile.TemporaryDirectory() as cache:
            self.feed(images(30), Configuration(base_url=url, cache=cache, concurrency=2), fit="pad", size="256x256")
            self.widget.panel.run_button.click()
            self.wait_for_rows(5)
            self.widget.panel.cancel_button.click()
            kept = len(self.widget.done)
            assert len(self.results()) == 30
            assert 30 <= sent(url) <= 30 + 4, f"{kept} of 30 rows were kept"
            assert list(Path(cache, "files", "create_image_variation").glob("*.png"))

    def test_a_refused_key_is_the_services_own_message(self) -> None:
        url = self.serve(key="right")
        self.feed(images(3), Configuration(base_url=url, cache="off"), fit="pad")
        self.results()
        assert "API key" in self.messages()
        assert "Use Credential: env:OPENAI_API_KEY to send it to 127.0.0.1." in self.messages()

    def test_an_address_without_a_version_is_corrected_in_the_words_of_the_dialog(self) -> None:
        url = self.serve().removesuffix("/v1")
        self.feed(images(1), Configuration(base_url=url, cache="off"), fit="pad")
        self.results()
        assert f"Base URLs usually end in /v1: try Base URL: {url}/v1." in self.messages()

    def test_models_are_asked_of_the_service(self) -> None:
        self.feed(None, Configuration(base_url=self.serve(), cache="off"))
        row = self.widget.form.rows["model"]
        row.put_flag(True)
        combo, button = row.editor.widget.children()[1:]
        button.click()
        self.process_events(until=lambda: combo.count() > 0, timeout=20_000)
        names = [combo.itemText(number) for number in range(combo.count())]
        assert names[0].startswith("gpt-image")
        assert "sandbox-chat" in names[names.index("") :], "those that do not look fit come after a line"


class TestVectors(RunTest):
    kind = BY_NAME["SampleEmbeddings"]

    def test_vectors_are_features_and_no_integer_loses_a_digit(self) -> None:
        self.feed(texts("one", "two"), model="sandbox-embedding")
        table = self.results()
        assert [variable.name for variable in table.domain.attributes] == [
            "embedding_1",
            "embedding_2",
            "embedding_3",
            "score",
        ]
        assert list(table.get_column("large")) == [str(2**60 + 1)] * 2
        assert table.domain["flagged"].values == ("false", "true")
        assert str(table[0]["made"]) == "2023-11-14 22:13:20"
        assert list(table.get_column("usage_a")) == [1, 1]


class TestRecordings(RunTest):
    kind = BY_NAME["SampleSpeech"]

    def test_recordings_are_files(self) -> None:
        self.feed(texts("Good morning."), voice="alloy", response_format="wav")
        table = self.results()
        audio = table.domain["audio"]
        file = Path(audio.attributes["origin"], table.get_column("audio")[0])
        assert audio.attributes["type"] == "audio"
        assert file.suffix == ".wav"
        assert file.read_bytes()[:4] == b"RIFF"


SANDBOX_ONE_AT_A_TIME = Configuration(base_url="sandbox:", concurrency=1)


class TestChains(RunTest):
    kind = BY_NAME["CreateSpeech"]

    def test_recordings_of_one_node_are_found_by_the_next(self) -> None:
        self.feed(texts("Good morning.", "Good night."), model="sandbox-speech", voice="alloy", response_format="wav")
        spoken = self.results()
        self.widget = writing = self.create_widget(BY_NAME["CreateTranscription"])
        self.send_signal("Configuration", SANDBOX, widget=writing)
        self.send_signal("Requests", spoken, widget=writing)
        assert writing.form.chosen_columns() == {"file": "audio"}
        writing.form.rows["model"].put_flag(True)
        writing.form.rows["model"].put("sandbox-transcription")
        writing.run()
        written = self.get_output("Results", widget=writing, wait=30_000)
        assert not self.messages()
        assert all(written.get_column("text"))
        assert list(written.get_column("input")) == ["Good morning.", "Good night."]
