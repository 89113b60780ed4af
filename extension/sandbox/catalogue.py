"""The models the sandbox lists. Names of real models stand for their rules; no model answers here."""

from dataclasses import dataclass

from .errors import ApiError
from .options import SandboxOptions

__all__ = ["Catalogue", "Model", "is_gpt_image"]

IMAGES = "/images/"
TEXT = ("/chat/completions", "/responses")
GPT_IMAGE = ("/images/edits", "/images/generations")


@dataclass(frozen=True)
class Model:
    """A listed model, and the beginnings of the paths that take it.

    Attributes:
        created: Unix seconds; the day the real model came out.
    """

    id: str
    created: int
    serves: tuple[str, ...]
    shutdown_date: str | None = None
    generic_only: bool = False

    def describe(self) -> dict[str, object]:
        """Return the entry of GET /models."""
        owner = "endpoint-nodes" if self.id.startswith("sandbox") else "openai"
        entry: dict[str, object] = {
            "id": self.id,
            "object": "model",
            "created": self.created,
            "owned_by": f"{owner}-sandbox",
        }
        return entry | ({"shutdown_date": self.shutdown_date} if self.shutdown_date else {})


# The first model that serves an operation is its default.
MODELS = (
    Model("sandbox-image", 1_763_683_200, (IMAGES,), generic_only=True),
    Model("gpt-image-2", 1_776_729_600, GPT_IMAGE),
    Model("gpt-image-2.5-flare", 1_788_825_600, GPT_IMAGE),
    Model("gpt-image-2.5-sunburst", 1_788_825_600, GPT_IMAGE),
    Model("gpt-image-2.6-flare", 1_793_750_400, GPT_IMAGE),
    Model("gpt-image-2.6-sunburst", 1_793_750_400, GPT_IMAGE),
    Model("gpt-image-1.5", 1_765_843_200, GPT_IMAGE, shutdown_date="2026-12-01"),
    Model("sandbox-chat", 1_763_683_200, TEXT),
    Model("gpt-5.2", 1_765_411_200, TEXT),
    Model("sandbox-embedding", 1_763_683_200, ("/embeddings",)),
    Model("sandbox-speech", 1_763_683_200, ("/audio/speech",)),
    Model("sandbox-transcription", 1_763_683_200, ("/audio/transcriptions", "/audio/translations")),
    Model("sandbox-moderation", 1_763_683_200, ("/moderations",)),
)


def is_gpt_image(model: str) -> bool:
    """Return whether the rules of OpenAI's GPT Image models hold for this model."""
    return model.startswith("gpt-image")


class Catalogue:
    """The models of one sandbox."""

    def __init__(self, options: SandboxOptions) -> None:
        openai = options.like == "openai"
        self._models = {model.id: model for model in MODELS if not (openai and model.generic_only)}
        self._strict = options.strict_models

    def all(self) -> list[dict[str, object]]:
        """Return every entry of GET /models."""
        return [model.describe() for model in self._models.values()]

    def get(self, name: str) -> Model:
        """Return the model of this id.

        Raises:
            ApiError: 404 for a model that is not listed, where models are strict.
        """
        if name in self._models:
            return self._models[name]
        if self._strict or not name:
            raise ApiError(
                f"The model `{name}` does not exist or you do not have access to it.",
                status=404,
                param="model",
                code="model_not_found",
            )
        return Model(name, MODELS[0].created, ())

    def for_operation(self, path: str, name: str | None) -> str:
        """Return the model that answers a request: the named one or the default.

        Args:
            path: The operation's path without the prefix.
            name: The request's `model`.

        Raises:
            ApiError: Where models are strict, 404 for one that is not listed and 400 for one of another operation.
        """
        able = [model.id for model in self._models.values() if path.startswith(model.serves)]
        if name is None:
            return able[0]
        if self.get(name).id not in able and self._strict:
            raise ApiError(
                f"Invalid value: '{name}'. Supported values are: {', '.join(map(repr, able))}.",
                param="model",
                code="invalid_value",
            )
        return name
