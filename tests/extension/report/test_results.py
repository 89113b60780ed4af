"""A finished result table as a page: the same cards as during the run."""

import io
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from PIL import Image

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.extension.engine.io.outputs import write_table
from endpoint_nodes.extension.report import Card, Gallery, fragment_html
from endpoint_nodes.extension.report.results import Results, open_results
from endpoint_nodes.extension.report.runs import outcome_card
from endpoint_nodes.nodes.base import Node
from endpoint_nodes.nodes.create_chat_completion import CreateChatCompletion
from endpoint_nodes.nodes.create_image import CreateImage
from endpoint_nodes.nodes.create_image_variation import CreateImageVariation
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.errors import InvalidInput

SANDBOX = Configuration(base_url="sandbox:")
EXAMPLES = Path(__file__).parents[3] / "examples" / "images"


def run(node: Node, source: Any) -> tuple[pa.Table, list[Card]]:
    cards: list[Card] = []
    table, _ = execute(node, SANDBOX, source, observe=lambda outcome: cards.append(outcome_card(node, outcome)))
    return table, cards


def of_table(table: pa.Table, folder: Path | None = None) -> Results:
    return Results(table.schema, table.to_batches(), folder)


def table_of(rows: list[dict[str, Any]], kinds: dict[str, str], inputs: dict[str, str]) -> pa.Table:
    """A result table with the metadata that runs write."""
    table = pa.Table.from_pylist(rows)
    metadata = {
        **{name: {"endpoint_nodes.kind": kind} for name, kind in kinds.items()},
        **{name: {"endpoint_nodes.input": called} for name, called in inputs.items()},
    }
    return table.cast(pa.schema([field.with_metadata(metadata[field.name]) for field in table.schema]))


def png(colour: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (24, 24), colour).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize("suffix", [".parquet", ".arrow", ".feather"])
def test_a_file_shows_what_the_run_showed(tmp_path: Path, suffix: str) -> None:
    node = CreateImageVariation(n=2, size="256x256", fit="pad", keep_columns=True, request_details=True)
    table, cards = run(node, EXAMPLES)
    path = tmp_path / f"result{suffix}"
    write_table(path, table.schema, table.to_batches())
    found = list(open_results(path, EXAMPLES).cards())
    assert len(found) == 8
    for card, seen in zip(found, cards, strict=True):
        for name in ("row_id", "results", "tokens", "seconds", "created"):
            assert getattr(card, name) == getattr(seen, name), name
        assert [source.data for source in card.sources] == [source.data for source in seen.sources]


def test_typed_answers_and_input_columns_are_on_the_cards() -> None:
    frame = pd.DataFrame({"sku": ["A-1", "A-2"], "prompt": ["Hello", "World"]})
    node = CreateChatCompletion(model="sandbox-chat", answer_columns={"city": "text"}, keep_columns=True)
    card = list(of_table(run(node, frame)[0]).cards())[1]
    assert (card.title, card.columns) == ("A-2", {"sku": "A-2", "prompt": "World"})
    assert card.results[0].columns.keys() == {"city"}


def test_failed_rows_say_why() -> None:
    frame = pd.DataFrame({"image": [png("red"), b"junk"]})
    node = CreateImageVariation(on_error="continue", request_details=True)
    failed = list(of_table(run(node, frame)[0]).cards())[1]
    assert "image" in failed.error
    assert failed.results == ()


def test_paths_in_input_columns_are_found_from_the_folder_of_the_table(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "mug.png").write_bytes(png("blue"))
    (tmp_path / "photos" / "notes.png").write_text("not an image")
    rows = [
        {"row_id": str(at), "content": "x", "photo": f"photos/{name}.png"}
        for at, name in enumerate(("mug", "notes", "none"))
    ]
    table = table_of(rows, {"row_id": "text", "content": "text"}, {"photo": "photo"})
    mug, notes, none = of_table(table, tmp_path).cards()
    assert ([source.label for source in mug.sources], mug.columns) == (["mug.png"], {})
    assert (notes.sources, notes.columns) == ((), {"photo": "photos/notes.png"})
    assert (none.sources, none.columns) == ((), {"photo": "photos/none.png"})


def test_the_same_rows_of_several_models_are_cards_side_by_side() -> None:
    rows = [
        {"row_id": row, "content": f"{model} on {row}", "model": model, "name": f"Product {row}"}
        for model in ("m-1", "m-2", "m-3")
        for row in "01"
        if (model, row) != ("m-3", "0")
    ]
    table = table_of(rows, {"row_id": "text", "content": "text", "model": "text"}, {"name": "name"})
    first, second = of_table(table).cards_by_variant("model")
    assert [(card.variant, [result.text for result in card.results], card.error) for card in first] == [
        ("m-1", ["m-1 on 0"], ""),
        ("m-2", ["m-2 on 0"], ""),
        ("m-3", [], "There is no result."),
    ]
    assert [card.title for card in second] == ["Product 1"] * 3
    with pytest.raises(InvalidInput, match="no column 'take'; its columns are row_id, content, model, name"):
        list(of_table(table).cards_by_variant("take"))


def test_a_table_that_came_through_two_nodes_shows_what_the_last_one_made() -> None:
    frame = pd.DataFrame({"sku": ["A-1", "A-2"], "prompt": ["A red mug", "A blue watch"]})
    drawn = run(CreateImage(size="256x256", keep_columns=True, request_details=True), frame)[0]
    node = CreateChatCompletion(model="sandbox-chat", prompt="Praise it", images="{image}", request_details=True)
    table, cards = run(node, drawn)
    for card in (cards[1], list(of_table(table).cards())[1]):
        assert (card.row_id, card.title, len(card.sources), len(card.results)) == ("1", "A-2", 1, 1)
        assert card.model == "sandbox-chat"
        assert card.columns["route"] == "generations"
    assert cards[1].text == "Praise it"


def test_a_name_that_users_gave_to_an_answer_stays_theirs() -> None:
    node = CreateChatCompletion(
        model="sandbox-chat",
        prompt="Which car is {name}?",
        answer_columns={"model": "text", "year": "integer"},
        request_details=True,
    )
    table, cards = run(node, pd.DataFrame({"name": ["Beetle"]}))
    for card in (cards[0], *of_table(table).cards()):
        assert card.results[0].columns.keys() == {"model", "year"}
        assert card.model == "sandbox-chat"
    assert cards[0].text == "Which car is Beetle?"


def test_rows_of_a_cross_join_belong_together_by_their_other_columns() -> None:
    pairs = [(name, model) for name in ("Mug", "Watch") for model in ("m-1", "m-2")]
    frame = pd.DataFrame([{"name": name, "model": model, "prompt": f"Describe a {name}"} for name, model in pairs])
    table = run(CreateChatCompletion(keep_columns=True, columns={"model": "model"}), frame)[0]
    assert table["row_id"].to_pylist() == ["0", "1", "2", "3"]
    found = list(of_table(table).cards_by_variant("model"))
    assert [[(card.title, card.variant, len(card.results)) for card in cards] for cards in found] == [
        [("Mug", "m-1", 1), ("Mug", "m-2", 1)],
        [("Watch", "m-1", 1), ("Watch", "m-2", 1)],
    ]


def test_columns_that_only_share_a_name_with_details_do_no_harm(tmp_path: Path) -> None:
    rows = [
        {"row_id": "0", "created": "yesterday", "cost": "cheap", "usage": "[1]", "elapsed_ms": "1", "index": "a"},
        {"row_id": "1", "created": "", "cost": None, "usage": None, "elapsed_ms": None, "index": None},
    ]
    first, second = of_table(table_of(rows, dict.fromkeys(rows[0], "text"), {})).cards()
    assert (first.created, first.cost, first.tokens, first.seconds, first.error) == (
        None,
        None,
        None,
        None,
        "There is no result.",
    )
    with Gallery(tmp_path / "page.html", title="Names") as gallery:
        gallery.add(first)
        gallery.add(second)


def test_what_is_not_a_result_is_refused_in_a_sentence(tmp_path: Path) -> None:
    plain = tmp_path / "plain.parquet"
    pd.DataFrame({"a": [1]}).to_parquet(plain)
    with pytest.raises(InvalidInput, match="none of its columns says what it holds"):
        open_results(plain)
    for name, sentence in {
        "result.csv": "must end in one of .parquet",
        "broken.parquet": "cannot be read",
        "broken.arrow": "cannot be read",
    }.items():
        (tmp_path / name).write_text("junk")
        with pytest.raises(InvalidInput, match=sentence):
            open_results(tmp_path / name)
    with pytest.raises(InvalidInput, match="does not exist"):
        open_results(tmp_path / "missing.parquet")


def test_a_fragment_shows_images_recordings_and_words_without_script(tone: Any) -> None:
    evil = "<script>alert(1)</script>"
    rows = [
        {"row_id": str(row), "image": png("red"), "audio": tone.data, "score": 0.5, "name": evil} for row in range(3)
    ]
    kinds = {"row_id": "text", "image": "image", "audio": "audio", "score": "number"}
    fragment = fragment_html(of_table(table_of(rows, kinds, {"name": "name"})).cards(), limit=2)
    assert fragment.count("<img ") == fragment.count("<audio ") == 2
    assert "score: 0.5" in fragment
    assert "<script" not in fragment
    assert "The first 2 rows are shown." in fragment
