"""The voices of OpenAI's models, for speech and spoken answers."""

__all__ = ["VOICES"]

VOICES = (
    *("alloy", "ash", "ballad", "cedar", "coral", "echo", "fable", "marin", "nova", "onyx", "sage", "shimmer"),
    "verse",
)
