"""Image edits: several images, masks that fit, and masks that are drawn in black and white."""

import io
from typing import Any

import pyarrow as pa
import pytest
from PIL import Image, ImageChops, ImageDraw

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.nodes.create_image_edit import CreateImageEdit
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.errors import InvalidInput, InvalidSetting

SANDBOX = Configuration(base_url="sandbox:")


def encoded(image: Image.Image, form: str = "PNG") -> bytes:
    stream = io.BytesIO()
    image.save(stream, form)
    return stream.getvalue()


def photo(side: int = 64, form: str = "PNG") -> bytes:
    return encoded(Image.linear_gradient("L").resize((side, side)).convert("RGB"), form)


def drawn(white_half: str) -> bytes:
    """A mask in black and white whose left or right half is white."""
    mask = Image.new("L", (64, 64), 0)
    ImageDraw.Draw(mask).rectangle((0, 0, 31, 63) if white_half == "left" else (32, 0, 63, 63), fill=255)
    return encoded(mask)


def edited(**fields: Any) -> Image.Image:
    table, _ = execute(CreateImageEdit(prompt="Bold", size="64x64", model="gpt-image-2", **fields), SANDBOX)
    return Image.open(io.BytesIO(table.column("image")[0].as_py())).convert("RGB")


@pytest.mark.parametrize(("half", "box"), [("left", (34, 0, 64, 64)), ("right", (0, 0, 30, 64))])
def test_white_of_a_drawn_mask_is_what_changes(half: str, box: tuple[int, int, int, int]) -> None:
    before = Image.open(io.BytesIO(photo()))
    after = edited(image=[photo()], mask=drawn(half), mask_polarity="white")
    assert ImageChops.difference(before, after).getbbox() is not None
    assert ImageChops.difference(before.crop(box), after.crop(box)).getbbox() is None


@pytest.mark.parametrize(
    ("mask", "sentence"),
    [
        (drawn("left"), "mask.png has no alpha channel"[5:]),
        (encoded(Image.new("RGBA", (32, 64))), "has 32 x 64 pixels, but must have the 64 x 64 of the first image."),
        (encoded(Image.new("RGB", (64, 64)), "JPEG"), "mask.png has no alpha channel"[5:]),
        (b"no image", "it cannot be read as an image"),
    ],
)
def test_a_mask_that_does_not_fit_is_not_sent(mask: bytes, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=r"^mask: ") as refused:
        edited(image=[photo(), photo(32)], mask=mask)
    assert sentence in str(refused.value)


def test_several_images_of_a_row_are_one_request() -> None:
    table = pa.table(
        {"image": [[photo(), photo(32)], [photo()] * 16, [photo()] * 17, [photo(), b"x"]], "prompt": ["Bold"] * 4}
    )
    node = CreateImageEdit(size="64x64", model="gpt-image-2", on_error="continue", keep_columns=False)
    result, _ = execute(node, SANDBOX, table)
    assert [bool(image) for image in result.column("image").to_pylist()] == [True, True, False, False]
    errors = result.column("error").to_pylist()
    assert "`image` must have from 1 to 16 values, not 17" in errors[2]
    assert errors[3] == "image: image cannot be sent: it cannot be read as an image."


def test_other_formats_are_converted_unless_refused() -> None:
    with pytest.raises(InvalidInput, match="choose another `fit`"):
        edited(image=[photo(form="TIFF")], fit="refuse")
    assert edited(image=[photo(form="TIFF")]).size == (64, 64)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"background": "transparent", "output_format": "jpeg"}, "needs output_format png or webp"),
        ({"output_compression": 50}, "needs output_format jpeg or webp"),
        ({"input_fidelity": "high"}, "`input_fidelity` is set, but gpt-image-2 does not take it"),
        ({"output_format": "svg"}, "gpt-image-2 takes png, jpeg or webp; svg and gif came with gpt-image-2.6."),
        ({"complexity": "low"}, "it came with gpt-image-2.6"),
        ({"quality": "max"}, "takes auto, low, medium or high"),
        ({"response_format": "url"}, "GPT Image models return base64 only"),
    ],
)
def test_what_a_model_refuses_is_said_before_sending(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidSetting) as refused:
        edited(image=[photo()], **fields)
    assert sentence in str(refused.value)
    node = CreateImageEdit(prompt="Bold", model="of-my-own", **fields)
    known_to_all = {"background", "output_compression"} & fields.keys()
    assert bool(node.validate()) == bool(known_to_all), "unknown models are allowed through"


def test_markup_is_drawn_on_the_first_image_and_has_its_size() -> None:
    def plain(colour: tuple[int, ...], side: int = 64) -> bytes:
        return encoded(Image.new("RGBA" if len(colour) == 4 else "RGB", (side, side), colour))

    red = plain((255, 0, 0, 128))
    given: dict[str, Any] = {"image": [photo()], "prompt": "Bold", "size": "64x64", "model": "gpt-image-2.5-flare"}
    tables = [execute(CreateImageEdit(**given, **marked), SANDBOX)[0] for marked in ({}, {"markup": red})]
    assert tables[0].column("image") != tables[1].column("image")
    for wrong, said in (
        ({"markup": plain((255, 0, 0, 128), 32)}, "must have the 64 x 64"),
        ({"markup": plain((255, 0, 0))}, "has no alpha channel, so it would hide the image"),
        ({"markup": red, "mask": red}, "cannot go with mask"),
        ({"markup": red, "model": "gpt-image-2"}, "came with gpt-image-2.5"),
    ):
        with pytest.raises((InvalidInput, InvalidSetting), match=said):
            execute(CreateImageEdit(**(given | wrong)), SANDBOX)


def test_a_gif_has_the_frames_that_are_asked_for() -> None:
    given: dict[str, Any] = {"image": [photo()], "prompt": "Bold", "size": "64x64", "model": "gpt-image-2.6-flare"}
    node = CreateImageEdit(**given, output_format="gif", frame_count=3, frame_duration_ms=100)
    animated = Image.open(io.BytesIO(execute(node, SANDBOX)[0].column("image")[0].as_py()))
    assert (animated.n_frames, animated.info["duration"]) == (3, 100)
    with pytest.raises((InvalidInput, InvalidSetting), match="needs output_format gif"):
        execute(CreateImageEdit(**given, frame_count=3), SANDBOX)
