import io
from collections.abc import Callable, Iterator

import httpx
import openai
import pytest
from PIL import Image, ImageDraw


@pytest.fixture(scope="session")
def client(sandbox_url: str) -> Iterator[openai.OpenAI]:
    """The official client, without retries."""
    with openai.OpenAI(base_url=sandbox_url, api_key="sk-any", max_retries=0) as official:
        yield official


@pytest.fixture(scope="session")
def http(sandbox_url: str) -> Iterator[httpx.Client]:
    """A plain client, for requests that the official one would not send."""
    with httpx.Client(base_url=sandbox_url) as plain:
        yield plain


@pytest.fixture
def picture() -> Callable[..., bytes]:
    """Draw an image file: `picture(width, height, format, mode)`."""

    def draw(width: int = 96, height: int = 96, form: str = "PNG", mode: str = "RGB") -> bytes:
        image = Image.radial_gradient("L").resize((width, height)).convert(mode)
        pen = ImageDraw.Draw(image)
        pen.rectangle((width // 8, height // 8, width // 2, height // 2), fill="#c03020")
        pen.ellipse((width // 2, height // 2, width - 8, height - 8), fill="#2060a0")
        stream = io.BytesIO()
        image.save(stream, form)
        return stream.getvalue()

    return draw
