import base64
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import openai
import pytest


def vectors(client: openai.OpenAI, texts: Any, **more: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    answer = client.embeddings.create(model="sandbox-embedding", input=texts, **more)
    assert [entry.index for entry in answer.data] == list(range(len(answer.data)))
    return np.array([entry.embedding for entry in answer.data])


def test_similar_texts_have_similar_vectors(client: openai.OpenAI) -> None:
    cat, kitten, car = vectors(
        client,
        ["The black cat sleeps on the mat", "A black cat sleeping on a mat", "Engine oil for diesel trucks"],
        encoding_format="float",
    )
    assert cat @ kitten > 0.5 > cat @ car
    assert np.linalg.norm(cat) == pytest.approx(1, abs=1e-5)


def test_floats_and_base64_are_the_same_numbers(client: openai.OpenAI) -> None:
    # The official client asks for base64 unless told otherwise, and decodes it.
    assert (vectors(client, ["a b c"]) == vectors(client, ["a b c"], encoding_format="float")).all()


def test_dimensions_tokens_and_2048_inputs(client: openai.OpenAI, http: httpx.Client) -> None:
    assert vectors(client, "one text", dimensions=7).shape == (1, 7)
    assert vectors(client, [1, 2, 3]).shape == (1, 256)
    assert vectors(client, [[1, 2], [3]]).shape == (2, 256)
    many = vectors(client, [f"text number {row}" for row in range(2048)])
    assert (many[17] == vectors(client, "text number 17")[0]).all()
    usage = http.post("/embeddings", json={"input": ["one two", "three"]}).json()["usage"]
    assert usage == {"prompt_tokens": 3, "total_tokens": 3}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"input": ""}, "input"),
        ({"input": ["a", ""]}, "input"),
        ({"input": []}, "input"),
        ({"input": ["a"] * 2049}, "input"),
        ({"input": ["a", 1]}, "input"),
        ({"input": "x " * 9000}, "input"),
        ({"input": 5}, "input"),
        ({"dimensions": 0}, "dimensions"),
        ({"encoding_format": "hex"}, "encoding_format"),
        ({"text": "a"}, "text"),
    ],
)
def test_wrong_embedding_requests_are_refused(http: httpx.Client, fields: dict[str, Any], param: str) -> None:
    answer = http.post("/embeddings", json={"input": "a"} | fields)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


def test_moderation_judges_each_text(client: openai.OpenAI) -> None:
    answer = client.moderations.create(input=["I will kill you, idiot", "What a lovely day"])
    bad, good = answer.results
    assert (bad.flagged, good.flagged) == (True, False)
    assert bad.categories.violence
    assert bad.categories.harassment
    assert not bad.categories.sexual
    assert bad.category_scores.violence > 0.5 > good.category_scores.violence


def test_moderation_judges_text_and_image_together(client: openai.OpenAI, picture: Callable[..., bytes]) -> None:
    url = "data:image/png;base64," + base64.b64encode(picture()).decode()
    parts: list[Any] = [
        {"type": "text", "text": "blood"},
        {"type": "image_url", "image_url": {"url": url}},
    ]
    result = client.moderations.create(input=parts).results[0]
    assert result.categories.violence_graphic
    assert result.category_applied_input_types.violence == ["image", "text"]
    assert result.category_applied_input_types.hate == ["text"]


@pytest.mark.parametrize("given", [None, [], 5, [{"type": "video"}], [{"type": "image_url"}]])
def test_wrong_moderation_requests_are_refused(http: httpx.Client, given: Any) -> None:
    answer = http.post("/moderations", json={"input": given})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"].startswith("input")
