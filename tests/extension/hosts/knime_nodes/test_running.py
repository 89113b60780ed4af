"""Nodes configured and executed: cells, RowIDs, warnings, progress, cancelling, chains and secrets."""

import io
import json
import logging
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import knime.extension as knext
import pyarrow as pa
import pytest
from kinds import PNG, VALUES, EveryKind
from knime.types.builtin import FSLocationValue
from PIL import Image
from workflow import KEY, Context, Table, images, png, settings

from endpoint_nodes.extension.engine.run.outcome import Outcome
from endpoint_nodes.extension.engine.run.summary import RunSummary
from endpoint_nodes.extension.hosts.knime_nodes.execution import run
from endpoint_nodes.extension.hosts.knime_nodes.factory import make_node
from endpoint_nodes.extension.hosts.knime_nodes.fields import OTHER
from endpoint_nodes.extension.hosts.knime_nodes.gallery import SOUND_BYTES, View
from endpoint_nodes.extension.hosts.knime_nodes.paths import WorkflowPaths
from endpoint_nodes.extension.hosts.knime_nodes.rows import open_table
from endpoint_nodes.port_types.files import File

EXAMPLES = Path(__file__).parents[4] / "examples" / "images"
VARIATION = "create_image_variation"
SMALL = {"request.set_size": True, "request.size": "256x256"}
SMALL_EDIT = {"request.set_size": True, "request.size": OTHER, "request.size_other": "256x256"}


def content(table: Any) -> pa.Table:
    return pa.concat_tables(table)


def column(table: Any, name: str) -> list[Any]:
    return content(table).column(name).to_pylist()


def ran(node: Any, port: Any, table: Any = None, context: Context | None = None) -> tuple[Any, Any, Context]:
    """Configure and execute; the table must be what was announced."""
    context = context or Context()
    schema, spec = node.configure(Context(), port.spec, table.schema if table else None)
    result, passed, *view = node.execute(context, port, table)
    assert spec is port.spec
    assert passed is port
    announced = [("<RowID>", pa.string()), *((column.name, column.ktype) for column in schema)]
    assert [(column.name, column.type) for column in result[0].schema] == announced
    return result, view[0] if view else None, context


def test_without_a_table_one_request_is_sent(make: Any, port: Any) -> None:
    node = make(VARIATION, **{"input.image": str(EXAMPLES / "mug.png"), "request.set_n": True, "request.n": 3, **SMALL})
    result, view, context = ran(node, port())
    assert column(result, "<RowID>") == ["Row0", "Row1", "Row2"]
    assert column(result, "index") == [0, 1, 2]
    [(share, words)] = context.progress
    assert share == 1.0
    assert words.startswith("1 of 1 row, ")
    assert "<!doctype html>" in view[:20].lower()
    assert "mug.png" in view


def test_rows_keep_their_ids_and_order(make: Any, port: Any) -> None:
    table = Table({"photo": images(*(png(side) for side in (40, 41, 42)))}, ["b", "a", "a_2"])
    node = make(VARIATION, **{"input.image_column": "photo", "request.set_n": True, "request.n": 2, **SMALL})
    result, _, context = ran(node, port(), table)
    assert column(result, "row_id") == ["b", "b", "a", "a", "a_2", "a_2"]
    assert column(result, "<RowID>") == ["b", "b_2", "a", "a_2", "a_2_2", "a_2_3"]
    share, words = context.progress[-1]
    assert share == 1.0
    assert words.startswith("3 of 3 rows, ")


def test_a_column_is_guessed_and_shown(make: Any, port: Any) -> None:
    table = Table({"name": pa.array(["x"]), "photo": images(png())})
    node = make(VARIATION)
    ran(node, port(), table)
    assert node.input.image_column == "photo"


def test_what_has_no_column_chooser_is_never_guessed(make: Any, port: Any) -> None:
    table = Table({"prompt": pa.array(["plum"]), "model": pa.array(["gpt-5.2"])})
    assert make("create_chat_completion").drafted(table.schema).columns == {"prompt": ["prompt"]}
    result, _, _ = ran(make("create_chat_completion", columns={"model": "model"}), port(), table)
    assert len(column(result, "content")) == 1


def test_the_first_path_column_is_guessed_where_there_is_no_image(make: Any, port: Any) -> None:
    location = json.dumps(["LOCAL", None, str(EXAMPLES / "mug.png")]).encode()
    paths = pa.ExtensionArray.from_storage(knext.logical(FSLocationValue), pa.array([location], pa.binary()))
    node = make(VARIATION)
    node.configure(Context(), port().spec, Table({"name": pa.array(["x"]), "where": paths}).schema)
    assert node.input.image_column == "where"
    node = make(VARIATION)
    node.configure(Context(), port().spec, Table({"where": paths, "shot": images(png())}).schema)
    assert node.input.image_column == "shot"


def test_the_result_has_its_few_columns_behind_those_of_the_input(make: Any, port: Any) -> None:
    table = Table({"name": pa.array(["x"]), "photo": images(png())})
    result, _, _ = ran(make(VARIATION, **SMALL), port(), table)
    few = ["row_id", "image", "revised_prompt", "index", "route", "repaired"]
    assert content(result).column_names == ["<RowID>", "name", "photo", *few]
    details = make(VARIATION, **SMALL, **{"result.request_details": True, "result.result_column": "photo (#1)"})
    result, _, _ = ran(details, port(), table)
    assert {"photo (#1)", "url", "usage", "size", "tokens", "cost"} <= set(content(result).column_names)


def test_tokens_are_counted_once_for_each_request(make: Any, port: Any) -> None:
    table = Table({"photo": images(png(), png(72))})
    edits = {"request.set_model": True, "request.model_other": "gpt-image-2", "result.request_details": True}
    node = make(VARIATION, **edits, **{"request.set_n": True, "request.n": 3})
    result, view, context = ran(node, port(), table)
    tokens = column(result, "tokens")
    assert [number is None for number in tokens] == [False, True, True] * 2
    assert [usage is None for usage in column(result, "usage")] == [False, True, True] * 2
    variables = context.flow_variables
    assert sum(number or 0 for number in tokens) == variables["image_variation_tokens"]
    assert (variables["image_variation_rows"], variables["image_variation_sent"]) == (2, 2)
    assert "2 by the service, 0 from the cache" in view


def test_a_list_takes_several_columns_and_the_guess_is_a_list(make: Any, port: Any) -> None:
    table = Table({"Prompt": pa.array(["plum"]), "photo": images(png()), "other": images(png(72))})
    node = make("create_image_edit", **SMALL_EDIT)
    ran(node, port(), table)
    assert (node.input.prompt_column, node.input.image_columns) == ("Prompt", ["photo"])
    _, view, _ = ran(
        make("create_image_edit", **SMALL_EDIT, **{"input.image_columns": ["photo", "other"]}), port(), table
    )
    assert "64 &times; 64" in view
    assert "72 &times; 72" in view


def test_memory_holds_a_window_of_the_table(port: Any) -> None:
    alive: list[weakref.ref[pa.RecordBatch]] = []
    most = 0

    class Long(Table):
        def batches(self) -> Iterator[Any]:
            for start in range(0, self.num_rows, 10):
                batch = pa.RecordBatch.from_pydict(self.content.slice(start, 10).to_pydict())
                alive.append(weakref.ref(batch))
                yield SimpleNamespace(to_pyarrow=lambda batch=batch: batch)

    class Watching(Context):
        def set_progress(self, fraction: float, message: str) -> None:
            nonlocal most
            most = max(most, sum(batch() is not None for batch in alive))

    node = settings(make_node(EveryKind)(), {"input.keep_columns": True})
    table = Long({"subject": pa.array([str(number) for number in range(1000)])})
    result, _, _ = ran(node, port(**{"limits.concurrency": 1}), table, Watching())
    assert column(result, "subject") == [str(number // 2) for number in range(2000)]
    assert len(alive) == 300, "read to check all rows, to send them, and to keep their columns"
    assert 0 < most <= 40


def test_images_keep_their_bytes_on_the_way_in_and_out(port: Any) -> None:
    subject = Table({"subject": pa.array(["x"]), "shot": images(PNG), "other": pa.array(["plum.png"])})
    node = settings(
        make_node(EveryKind)(),
        {
            "input.subject_column": "subject",
            "input.set_photos": True,
            "input.photos_columns": ["shot", "other"],
            "input.keep_columns": False,
        },
    )
    plan = node.planned(subject.schema)
    rows = open_table(subject, plan, WorkflowPaths("/workflow/data")).rows
    [row] = rows
    assert [again.cells for again in rows] == [row.cells], "batches go through the rows twice"
    call = plan.node.bind_table(list(row.cells)).call(row.cells)
    assert call.values == {"subject": "x", "photos": [PNG, "plum.png"]}
    result, *_ = ran(settings(make_node(EveryKind)(), {"input.subject": "x"}), port())
    assert content(result).column("image").combine_chunks().storage.to_pylist() == [PNG, None]


def test_a_path_column_names_files(make: Any, port: Any) -> None:
    location = json.dumps(["LOCAL", None, str(EXAMPLES / "mug.png")]).encode()
    cells = pa.ExtensionArray.from_storage(knext.logical(FSLocationValue), pa.array([location], pa.binary()))
    table = Table({"path": cells})
    result, view, _ = ran(make(VARIATION, **{"input.image_column": "path", **SMALL}), port(), table)
    assert content(result).column("image").null_count == 0
    assert "mug.png" in view


def test_addresses_of_other_file_systems_are_refused_whole(make: Any, port: Any) -> None:
    table = Table({"image": pa.array(["knime://My-Hub/photos/mug.png"])})
    result, _, _ = ran(make(VARIATION, **{"result.on_error": "continue"}), port(), table)
    [error] = column(result, "error")
    assert error.startswith("image: 'knime://My-Hub/photos/mug.png' cannot be opened: a path on this machine")


def test_an_empty_cell_is_a_missing_one_for_what_is_optional(make: Any, port: Any) -> None:
    table = Table(
        {"image": images(png(), png(72)), "words": pa.array(["", "Bold"]), "size": pa.array(["", "1024x1024"])}
    )
    result, _, _ = ran(make(VARIATION, columns={"prompt": "words", "size": "size"}), port(), table)
    assert column(result, "route") == ["variations", "edits"]


def test_every_kind_of_column_becomes_a_cell(port: Any) -> None:
    result, _, _ = ran(settings(make_node(EveryKind)(), {"input.subject": "x"}), port())
    first, empty = content(result).drop_columns(["image", "<RowID>"]).to_pylist()
    assert first.pop("audio") == "UklGRi4uLi5XQVZF"
    assert first.pop("file") == "JVBERg=="
    assert first.pop("json") == json.loads(VALUES["json"])
    assert first.pop("time").timestamp() == VALUES["time"]
    assert first == {name: VALUES[name] for name in first}
    assert set(empty.values()) == {None}


def test_other_formats_become_png(make: Any, port: Any) -> None:
    given = {"request.set_model": True, "request.model_other": "gpt-image-2", "input.image": str(EXAMPLES / "mug.png")}
    extra = {"request.extra_fields": '{"output_format": "jpeg"}', "result.request_details": True}
    result, _, _ = ran(make(VARIATION, **given, **extra), port())
    assert column(result, "output_format") == ["jpeg"]
    [stored] = content(result).column("image").combine_chunks().storage.to_pylist()
    assert stored.startswith(b"\x89PNG")
    with Image.open(io.BytesIO(stored)) as image:
        image.load()


def test_kept_columns_stand_beside_their_results(make: Any, port: Any) -> None:
    table = Table({"name": pa.array(["x", "y", "z"]), "image": images(png(40), None, png(41))}, batch_rows=2)
    node = make(
        VARIATION,
        **{"input.keep_columns": True, "input.missing_values": "skip", "request.set_n": True, "request.n": 2, **SMALL},
    )
    result, _, _ = ran(node, port(), table)
    assert column(result, "name") == ["x", "x", "y", "z", "z"]
    stored = content(result).column("image").combine_chunks().storage.to_pylist()
    assert stored == [png(40), png(40), None, png(41), png(41)]


@pytest.mark.parametrize("kept", [False, True])
def test_no_rows_give_an_empty_table_of_the_same_columns(make: Any, port: Any, kept: bool) -> None:
    result, _, _ = ran(make(VARIATION, **{"input.keep_columns": kept}), port(), Table({"image": images()}))
    assert [batch.num_rows for batch in result] == [0]


def test_all_missing_cells_are_skipped_or_failed(make: Any, port: Any) -> None:
    table = Table({"image": images(None, None)}, ["a", "b"])
    result, _, _ = ran(make(VARIATION, **{"input.missing_values": "skip"}), port(), table)
    assert column(result, "<RowID>") == ["a", "b"]
    assert content(result).column("image").null_count == 2
    with pytest.raises(knext.InvalidParametersError, match="Row a: Image is missing"):
        ran(make(VARIATION, **{"input.missing_values": "fail"}), port(), table)


def test_batches_are_of_one_size(port: Any) -> None:
    table = Table({"subject": pa.array([str(number) for number in range(75)])}, batch_rows=4)
    result, _, _ = ran(make_node(EveryKind)(), port(), table)
    assert [batch.num_rows for batch in result] == [64, 64, 22]
    assert len(set(column(result, "<RowID>"))) == 150


def test_failed_rows_are_told_and_repaired_ones_stand_in_the_result(make: Any, port: Any) -> None:
    table = Table({"file": pa.array([str(EXAMPLES / "sneaker.png"), "nowhere.png", str(EXAMPLES / "mug.png")])})
    given = {"input.image_column": "file", "result.on_error": "continue"}
    result, view, context = ran(make(VARIATION, **given), port(), table)
    [warning] = context.warnings
    assert warning == (
        "1 row has something that cannot be sent, and will have an error in place of a result. "
        "RowId1: image: 'nowhere.png' does not exist. 1 of 3 rows failed."
    )
    assert column(result, "repaired") == ["padded to 720 x 720", None, None]
    assert column(result, "error") == [None, "image: 'nowhere.png' does not exist.", None]
    share, words = context.progress[-1]
    assert share == 1.0
    assert words.startswith("3 of 3 rows, 1 failed, ")
    assert "does not exist" in view


def test_a_file_that_is_not_there_is_found_before_anything_is_paid_for(
    make: Any, port: Any, recorder: Callable[..., Any]
) -> None:
    service = recorder(status=500)
    table = Table({"file": pa.array([*[str(EXAMPLES / "sneaker.png")] * 3, "nowhere.png"])})
    where = port(service.url, **{"service.verify": False})
    with pytest.raises(knext.InvalidParametersError, match=r"RowId3: image: 'nowhere.png' does not exist"):
        ran(make(VARIATION, **{"input.image_column": "file"}), where, table)
    assert not service.requests


def test_a_view_shows_the_first_rows_only(make: Any, port: Any) -> None:
    table = Table({"image": images(png(), png(), png())})
    plan = make(VARIATION, **SMALL).planned(table.schema)
    _, view = run(plan, port().spec, Context(), table, shown_rows=2)
    assert "the first 2 of 3" in view
    assert "3 results" in view
    assert "RowId1" in view
    assert "RowId2" not in view


def test_fail_stops_with_the_services_own_words(make: Any, port: Any) -> None:
    node = make(VARIATION, **{"request.set_model": True, "request.model_other": "no-such-model"})
    with pytest.raises(
        knext.InvalidParametersError, match=r"The service answered 404: .*no-such-model.* List Models shows"
    ):
        ran(node, port("sandbox:?strict_models=true"), Table({"image": images(png())}))


def test_cancelling_ends_the_run_and_its_thread(make: Any, port: Any) -> None:
    before = threading.active_count()
    with pytest.raises(knext.InvalidParametersError, match="The run was cancelled"):
        make(VARIATION).execute(Context(cancel_after=2), port("sandbox:?latency=600"), Table({"image": images(png())}))
    assert threading.active_count() == before


def test_nodes_chain_through_the_configuration(make: Any, port: Any) -> None:
    configuration = port()
    first, _, _ = ran(make(VARIATION, **SMALL), configuration, Table({"image": images(png(), png(72))}, ["a", "b"]))
    chained = Table({"image": content(first).column("image").combine_chunks()}, column(first, "<RowID>"))
    second, _, _ = ran(make(VARIATION, **SMALL), configuration, chained)
    assert column(second, "<RowID>") == ["a", "b"]


def test_the_key_reaches_the_service_and_nothing_else(
    make: Any, port: Any, sandbox_server: Callable[..., str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    configuration = port(sandbox_server(key=KEY), **{"service.credential": "key"})
    result, view, context = ran(make(VARIATION, **SMALL), configuration, Table({"image": images(png())}))
    wrong = Context(credentials={"key": "sk-wrong-but-secret"})
    with pytest.raises(knext.InvalidParametersError) as refused:
        make(VARIATION).execute(wrong, configuration, Table({"image": images(png())}))
    seen = [caplog.text, view, repr(context.__dict__["progress"]), repr(content(result)), str(refused.value)]
    assert not [text for text in seen if KEY in text or "sk-wrong-but-secret" in text]


def test_the_way_out_of_a_refused_key_is_in_the_words_of_the_dialog(
    make: Any, port: Any, sandbox_server: Callable[..., str]
) -> None:
    with pytest.raises(knext.InvalidParametersError, match=r"Use Credential: env:OPENAI_API_KEY to send it to 127"):
        make(VARIATION).execute(Context(), port(sandbox_server(key=KEY)), Table({"image": images(png())}))
    plain = sandbox_server().removesuffix("/v1")
    with pytest.raises(knext.InvalidParametersError, match=rf"end in /v1: try Base URL: {plain}/v1\."):
        make(VARIATION).execute(Context(), port(plain), Table({"image": images(png())}))


def test_a_missing_credential_is_told_before_anything_runs(make: Any, port: Any) -> None:
    configuration = port("https://example.com/v1", **{"service.credential": "key", "service.verify": False})
    with pytest.raises(knext.InvalidParametersError, match="credential 'key' is missing or has no password"):
        make(VARIATION).configure(Context(credentials={}), configuration.spec, Table({"image": images()}).schema)


def test_the_proxy_that_knime_names_is_used(
    make: Any, port: Any, recorder: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = recorder(status=404)
    monkeypatch.setenv("http_proxy", proxy.url.removesuffix("/v1"))
    configuration = port(
        "http://service.invalid/v1", **{"service.allow_http": "service.invalid", "service.verify": False}
    )
    with pytest.raises(knext.InvalidParametersError, match="Only recorded"):
        ran(
            make(VARIATION, **{"request.set_model": True, "request.model_other": "m"}),
            configuration,
            Table({"image": images(png())}),
        )
    assert {headers["Host"] for headers in proxy.headers} == {"service.invalid"}


def test_recordings_fill_a_view_only_so_far() -> None:
    loud = File(b"RIFF\x00\x00\x00\x00WAVE".ljust(SOUND_BYTES, b"\0"), "loud.wav", "audio/wav")
    with View(EveryKind(), 200) as view:
        for _ in range(3):
            view.observe(Outcome(sources={"sound": [loud]}))
        page = view.shown(RunSummary(rows=3))
    assert "the first 1 of 3" in page


def test_what_arrived_before_a_budget_was_spent_is_the_result(make: Any, port: Any) -> None:
    table = Table({"photo": images(*(png(side) for side in (40, 41, 42, 43)))})
    node = make(VARIATION, **{"input.image_column": "photo", **SMALL})
    spent = port(**{"limits.set_max_requests": True, "limits.max_requests": 2, "limits.concurrency": 1})
    result, _, context = ran(node, spent, table)
    assert len(column(result, "row_id")) == 2
    assert context.warnings == ["The budget of 2 requests is spent; raise Max requests to go on."]
