"""Widgets of nodes as Orange runs them: real threads, real requests, tables in and out."""

from pathlib import Path

from orange_support import BY_NAME, PNG, SANDBOX, RunTest, images, texts
from orangecontrib.imageanalytics.widgets.owimageviewer import OWImageViewer

from endpoint_nodes.port_types.configuration import Configuration

SANDBOX_ONE_AT_A_TIME = Configuration(base_url="sandbox:", concurrency=1)


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
