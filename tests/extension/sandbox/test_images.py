import base64
import io
from collections.abc import Callable
from typing import Any

import httpx
import openai
import pytest
from PIL import Image, ImageChops, ImageStat

# The official client marks image variations as deprecated; other services still serve them.
pytestmark = pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def pixels(entry: Any) -> Image.Image:
    return opened(base64.b64decode(entry.b64_json))


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of a channel, 0 to 255."""
    parts = ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB"))).mean
    return sum(parts) / len(parts)


@pytest.mark.parametrize("white", [False, True])
def test_ten_variations_differ_from_each_other_and_repeat_exactly(
    client: openai.OpenAI, picture: Callable[..., bytes], *, white: bool
) -> None:
    stream = io.BytesIO()
    Image.new("RGB", (64, 64), "white").save(stream, "PNG")
    source = ("a.png", stream.getvalue() if white else picture(), "image/png")
    asked: dict[str, Any] = {"image": source, "n": 10, "size": "256x256", "response_format": "b64_json"}
    first = client.images.create_variation(**asked)
    images = [pixels(entry) for entry in first.data or []]
    assert [image.size for image in images] == [(256, 256)] * 10
    assert min(difference(one, other) for at, one in enumerate(images) for other in images[:at]) > 2
    second = client.images.create_variation(**asked | {"n": 3})
    assert [entry.b64_json for entry in second.data or []] == [entry.b64_json for entry in first.data or []][:3]


def test_another_seed_gives_other_images(sandbox_server: Callable[..., str], picture: Callable[..., bytes]) -> None:
    answers = []
    for seed in (1, 2):
        with openai.OpenAI(base_url=sandbox_server(seed=seed), api_key="any") as client:
            answers.append(client.images.create_variation(image=("a.png", picture()), size="256x256"))
    urls = [(answer.data or [])[0].url for answer in answers]
    assert str(urls[0]).rpartition("/")[2] != str(urls[1]).rpartition("/")[2]


def test_a_variation_is_a_url_by_default_and_the_url_serves_the_image(
    client: openai.OpenAI, picture: Callable[..., bytes]
) -> None:
    answer = client.images.create_variation(image=("a.png", picture(mode="RGBA")), size="512x512", user="me")
    url = (answer.data or [])[0].url
    assert url
    assert url.startswith(str(client.base_url))
    got = httpx.get(url)
    assert got.headers["content-type"] == "image/png"
    assert opened(got.content).size == (512, 512)
    assert opened(got.content).mode == "RGBA"
    assert answer.usage
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens


def test_an_unknown_image_is_404(http: httpx.Client) -> None:
    assert http.get("/images/files/none.png").status_code == 404


PNG = "image/png"


@pytest.mark.parametrize(
    ("data", "file", "status", "param", "code"),
    [
        ({"n": "0"}, {}, 400, "n", "invalid_value"),
        ({"n": "11"}, {}, 400, "n", "invalid_value"),
        ({"n": "x"}, {}, 400, "n", "invalid_type"),
        ({"size": "123x456"}, {}, 400, "size", "invalid_value"),
        ({"response_format": "png"}, {}, 400, "response_format", "invalid_value"),
        ({"prompt": "x"}, {}, 400, "prompt", "unknown_parameter"),
        ({}, {"height": 64}, 400, "image", "image_not_square"),
        ({}, {"form": "JPEG"}, 400, "image", "invalid_image_file"),
        ({}, {"form": "JPEG", "media": "image/jpeg"}, 415, "image", "unsupported_file_mimetype"),
        ({}, {"media": "application/octet-stream"}, 415, "image", "unsupported_file_mimetype"),
        ({}, {"cut": 200}, 400, "image", "invalid_image_file"),
        ({}, {"pad": 4_000_000}, 400, "image", "image_too_large"),
    ],
)
def test_a_wrong_variation_is_refused_as_openai_refuses_it(
    *,
    http: httpx.Client,
    picture: Callable[..., bytes],
    data: dict[str, str],
    file: dict[str, Any],
    status: int,
    param: str,
    code: str,
) -> None:
    content = picture(96, file.get("height", 96), file.get("form", "PNG"))[: file.get("cut")]
    content += b"\0" * file.get("pad", 0)
    answer = http.post("/images/variations", data=data, files={"image": ("a.png", content, file.get("media", PNG))})
    error = answer.json()["error"]
    assert (answer.status_code, error["param"], error["code"]) == (status, param, code), error
    assert error["type"] == "invalid_request_error"


def test_a_decompression_bomb_is_refused_unopened(http: httpx.Client) -> None:
    header = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (30_000).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    answer = http.post("/images/variations", files={"image": ("a.png", header + b"\0" * 64, PNG)})
    assert answer.json()["error"]["code"] == "invalid_image_file"


def test_a_form_without_image_and_a_text_in_its_place_are_refused(http: httpx.Client) -> None:
    missing = http.post("/images/variations", data={"n": "1"}, files={"mask": ("a", b"1", PNG)})
    assert missing.status_code == 400
    text = http.post("/images/variations", files={"image": (None, "a.png")})
    assert text.json()["error"]["code"] == "invalid_type"
    twice = http.post("/images/variations", files=[("n", (None, "1")), ("n", (None, "2"))])
    assert twice.json()["error"]["code"] == "duplicate_parameter"


def test_the_prompt_decides_how_strong_an_edit_is(client: openai.OpenAI, picture: Callable[..., bytes]) -> None:
    source = picture(128, 80)
    away = {}
    for word in ("subtle", "bold"):
        answer = client.images.edit(image=("a.png", source, PNG), prompt=f"a {word} variation", model="gpt-image-2")
        image = pixels((answer.data or [])[0])
        assert image.size == (128, 80)
        away[word] = difference(image, opened(source))
    assert 0 < away["subtle"] < away["bold"]


def test_an_edit_changes_only_what_the_mask_opens(client: openai.OpenAI, picture: Callable[..., bytes]) -> None:
    source = opened(picture(64, 64))
    mask = Image.new("RGBA", (64, 64), "white")
    mask.paste((0, 0, 0, 0), (0, 0, 32, 64))
    stream = io.BytesIO()
    mask.save(stream, "PNG")
    answer = client.images.edit(
        image=[("a.png", picture(64, 64), PNG), ("b.webp", picture(form="WEBP"), "image/webp")],
        mask=("mask.png", stream.getvalue(), PNG),
        prompt="Something else",
        size="auto",
        model="gpt-image-2.6-flare",
    )
    image = pixels((answer.data or [])[0])
    assert difference(image.crop((32, 0, 64, 64)), source.crop((32, 0, 64, 64))) == 0
    assert difference(image.crop((0, 0, 32, 64)), source.crop((0, 0, 32, 64))) > 2
    assert answer.usage
    assert answer.usage.input_tokens_details.image_tokens == 2048


@pytest.mark.parametrize(
    ("fields", "status", "param", "code"),
    [
        ({"size": "1000x1000"}, 400, "size", "invalid_value"),
        ({"size": "1024x128"}, 400, "size", "invalid_value"),
        ({"size": "4096x2160"}, 400, "size", "invalid_value"),
        ({"quality": "max"}, 400, "quality", "invalid_value"),
        ({"complexity": "low"}, 400, "complexity", "unknown_parameter"),
        ({"output_format": "svg"}, 400, "output_format", "invalid_value"),
        ({"style": "vivid"}, 400, "style", "unknown_parameter"),
        ({"input_fidelity": "high"}, 400, "input_fidelity", "invalid_input_fidelity_model"),
        ({"background": "transparent", "output_format": "jpeg"}, 400, "background", "invalid_background"),
        ({"output_compression": "50"}, 400, "output_compression", "invalid_output_compression"),
        ({"output_compression": "101"}, 400, "output_compression", "invalid_value"),
        ({"partial_images": "2"}, 400, "partial_images", "invalid_value"),
        ({"prompt": ""}, 400, "prompt", "invalid_value"),
    ],
)
def test_gpt_image_2_refuses_what_it_does_not_take(
    *,
    http: httpx.Client,
    picture: Callable[..., bytes],
    fields: dict[str, str],
    status: int,
    param: str,
    code: str | None,
) -> None:
    answer = http.post(
        "/images/edits",
        data={"prompt": "x", "model": "gpt-image-2"} | fields,
        files={"image": ("a.png", picture(), PNG)},
    )
    error = answer.json()["error"]
    assert (answer.status_code, error["param"], error["code"]) == (status, param, code), error


def test_image_and_image_list_together_are_422(http: httpx.Client, picture: Callable[..., bytes]) -> None:
    part = ("a.png", picture(), PNG)
    answer = http.post("/images/edits", data={"prompt": "x"}, files=[("image", part), ("image[]", part)])
    assert answer.status_code == 422


def test_seventeen_images_and_a_mask_of_another_size_are_refused(
    http: httpx.Client, picture: Callable[..., bytes]
) -> None:
    part = ("a.png", picture(), PNG)
    many = http.post("/images/edits", data={"prompt": "x"}, files=[("image[]", part)] * 17)
    assert many.json()["error"]["param"] == "image"
    mask = ("m.png", picture(32, 32, mode="RGBA"), PNG)
    other = http.post("/images/edits", data={"prompt": "x"}, files={"image": part, "mask": mask})
    assert other.json()["error"]["code"] == "invalid_mask_size"


def test_an_edit_in_json_takes_data_urls_only(http: httpx.Client, picture: Callable[..., bytes]) -> None:
    url = "data:image/png;base64," + base64.b64encode(picture()).decode()
    body: dict[str, Any] = {"prompt": "x", "images": [{"image_url": url}], "model": "gpt-image-2"}
    assert "b64_json" in http.post("/images/edits", json=body).json()["data"][0]
    body["images"] = [{"image_url": "https://example.com/a.png"}]
    assert http.post("/images/edits", json=body).json()["error"]["param"] == "images[0].image_url"


@pytest.mark.parametrize(("output", "form"), [("png", "PNG"), ("jpeg", "JPEG"), ("webp", "WEBP"), ("gif", "GIF")])
def test_a_generated_image_has_the_asked_format_and_size(http: httpx.Client, output: str, form: str) -> None:
    body = {
        "prompt": "A red bicycle in the rain",
        "model": "gpt-image-2.6-sunburst",
        "size": "320x240",
        "output_format": output,
        "quality": "xhigh",
        "complexity": "low",
    }
    answer = http.post("/images/generations", json=body).json()
    image = opened(base64.b64decode(answer["data"][0]["b64_json"]))
    assert (image.format, image.size) == (form, (320, 240))
    assert (answer["output_format"], answer["size"], answer["quality"]) == (output, "320x240", "xhigh")


def test_svg_and_transparent_backgrounds_are_real(http: httpx.Client) -> None:
    body = {"prompt": "x", "model": "gpt-image-2.6-flare", "size": "320x240", "background": "transparent"}
    clear = opened(base64.b64decode(http.post("/images/generations", json=body).json()["data"][0]["b64_json"]))
    assert clear.getchannel("A").getextrema() == (0, 255)
    body["output_format"] = "svg"
    page = base64.b64decode(http.post("/images/generations", json=body).json()["data"][0]["b64_json"])
    assert page.startswith(b"<svg ")


def test_posters_depend_on_the_prompt_and_say_who_drew_them(client: openai.OpenAI) -> None:
    answers = [
        client.images.generate(prompt=prompt, size="256x256", n=2, response_format="b64_json")
        for prompt in ("A cat", "A dog", "A cat")
    ]
    cat, dog, again = ([entry.b64_json for entry in answer.data or []] for answer in answers)
    assert cat == again
    assert len({*cat, *dog}) == 4
    entry = (answers[0].data or [])[0]
    assert "sandbox" in pixels(entry).info["Software"]
    assert (entry.revised_prompt or "").startswith("A cat (as the sandbox")


def test_like_openai_has_no_variations_and_answers_base64_only(
    sandbox_server: Callable[..., str], picture: Callable[..., bytes]
) -> None:
    url = sandbox_server(like="openai", key="right")
    gone = httpx.post(f"{url}/images/variations", files={"image": ("a.png", picture(), PNG)})
    assert gone.status_code == 404  # before the key is looked at
    files = {"image": ("a.png", picture(), PNG)}
    headers = {"Authorization": "Bearer right"}
    edit = httpx.post(f"{url}/images/edits", data={"prompt": "x"}, files=files, headers=headers)
    assert "b64_json" in edit.json()["data"][0]
    data = {"prompt": "x", "response_format": "url"}
    refused = httpx.post(f"{url}/images/edits", data=data, files=files, headers=headers)
    assert refused.json()["error"]["code"] == "unknown_parameter"
    models = httpx.get(f"{url}/models", headers=headers).json()["data"]
    assert "sandbox-image" not in [model["id"] for model in models]


def test_an_edit_cuts_out_or_fills_the_background_as_asked(
    client: openai.OpenAI, picture: Callable[..., bytes]
) -> None:
    clear = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    clear.paste((200, 30, 30, 255), (16, 16, 48, 48))
    stream = io.BytesIO()
    clear.save(stream, "PNG")
    modes = {}
    for background, source in (
        ("transparent", picture()),
        ("opaque", stream.getvalue()),
        ("auto", stream.getvalue()),
    ):
        answer = client.images.edit(
            image=("a.png", source, PNG), prompt="x", model="gpt-image-2", background=background
        )
        modes[background] = pixels((answer.data or [])[0]).mode
    assert modes == {"transparent": "RGBA", "opaque": "RGB", "auto": "RGBA"}
