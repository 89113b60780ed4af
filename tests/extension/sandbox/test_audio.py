import io
import sys
import wave
from typing import Any

import httpx
import numpy as np
import openai
import pytest

from endpoint_nodes.extension.sandbox.audio import served_formats, sniff

TEXT = "Hällo, wörld! This is the sandbox. 日本語も話します。"
# The official client marks translations as deprecated; they are still served.
pytestmark = pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")
NAMES = {"wav": "a.wav", "flac": "a.flac", "mp3": "a.mp3", "opus": "a.ogg"}


def speak(client: openai.OpenAI, text: str = TEXT, form: Any = "wav", **more: Any) -> bytes:
    answer = client.audio.speech.create(model="sandbox-speech", input=text, voice="alloy", response_format=form, **more)
    return answer.content


def samples_of(data: bytes) -> np.ndarray[Any, np.dtype[np.int16]]:
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (24_000, 1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")


def test_speech_is_audible_and_as_long_as_its_text(client: openai.OpenAI) -> None:
    short, long = samples_of(speak(client, "ten words!")), samples_of(speak(client, "ten words!" * 2))
    assert np.abs(short).max() > 5000
    assert len(long) == 2 * len(short)
    assert len(samples_of(speak(client, "ten words!", speed=2.0))) == len(short) // 2
    pcm = speak(client, "ten words!", "pcm")
    assert pcm == short.astype("<i2").tobytes()


@pytest.mark.parametrize("text", [TEXT, "a", "日" * 4096])
@pytest.mark.parametrize("form", [form for form in served_formats() if form not in ("pcm", "aac")])
def test_a_transcription_of_the_sandbox_s_speech_gives_its_text_back(
    client: openai.OpenAI, form: str, text: str
) -> None:
    audio = speak(client, text, form, speed=4.0)
    expected = {"opus": "ogg"}.get(form, form)
    assert sniff(audio) == expected
    heard = client.audio.transcriptions.create(model="sandbox-transcription", file=(NAMES[form], audio))
    assert heard.text == text
    told = client.audio.translations.create(model="sandbox-transcription", file=(NAMES[form], audio))
    assert told.text == text


def test_aac_is_silence_of_the_right_length(client: openai.OpenAI) -> None:
    audio = speak(client, "ten words!" * 10, "aac")
    assert audio[:2] == b"\xff\xf1"
    assert len(audio) == 13 * -(-24_000 * 6 // 1024)


def test_other_audio_is_described_by_its_length(client: openai.OpenAI) -> None:
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\1\0" * 2 * 12_000)
    heard = client.audio.transcriptions.create(
        model="sandbox-transcription", file=("a.wav", stream.getvalue()), response_format="verbose_json"
    )
    assert "1.50 seconds" in heard.text
    assert float(heard.duration) == 1.5


def test_segments_and_words_cover_the_text(client: openai.OpenAI) -> None:
    heard = client.audio.transcriptions.create(
        model="sandbox-transcription",
        file=("a.wav", speak(client, "One two. Three four!")),
        response_format="verbose_json",
        timestamp_granularities=["word", "segment"],
    )
    assert [segment.text for segment in heard.segments or []] == ["One two.", "Three four!"]
    words = heard.words or []
    assert [word.word for word in words] == ["One", "two.", "Three", "four!"]
    times = [time for word in words for time in (word.start, word.end)]
    assert times == sorted(times)
    assert times[-1] == pytest.approx(float(heard.duration), abs=0.01)


@pytest.mark.parametrize(
    ("form", "beginning"),
    [
        ("text", "One.\n"),
        ("srt", "1\n00:00:00,000 --> 00:00:00,240\nOne.\n"),
        ("vtt", "WEBVTT\n\n00:00:00.000 -->"),
    ],
)
def test_text_formats_come_as_text(http: httpx.Client, client: openai.OpenAI, form: str, beginning: str) -> None:
    files = {"file": ("a.wav", speak(client, "One."), "audio/wav")}
    answer = http.post("/audio/transcriptions", data={"response_format": form}, files=files)
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text.startswith(beginning)


def test_a_diarized_answer_names_a_speaker(http: httpx.Client, client: openai.OpenAI) -> None:
    files = {"file": ("a.wav", speak(client, "One. Two."), "audio/wav")}
    answer = http.post("/audio/transcriptions", data={"response_format": "diarized_json"}, files=files).json()
    assert [(segment["speaker"], segment["text"]) for segment in answer["segments"]] == [("A", "One."), ("A", "Two.")]


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"response_format": "midi"}, "response_format"),
        ({"voice": "nobody"}, "voice"),
        ({"voice": None}, "voice"),
        ({"input": ""}, "input"),
        ({"input": "x" * 4097}, "input"),
        ({"speed": 5}, "speed"),
        ({"stream_format": "sse", "model": "tts-1"}, "stream_format"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_wrong_speech_requests_are_refused(http: httpx.Client, fields: dict[str, Any], param: str) -> None:
    answer = http.post("/audio/speech", json={"input": "x", "voice": "alloy"} | fields)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


@pytest.mark.parametrize(
    ("content", "data", "status", "param"),
    [
        (b"no audio at all", {}, 400, "file"),
        (b"", {}, 400, "file"),
        (b"RIFF\0\0\0\0WAVEdamaged", {}, 400, "file"),
        (b"ID3" + bytes(26 * 1024 * 1024), {}, 413, "file"),
        (b"whole", {"timestamp_granularities[]": "word"}, 400, "timestamp_granularities"),
        (b"whole", {"response_format": "pdf"}, 400, "response_format"),
        (b"whole", {"temperature": "2"}, 400, "temperature"),
        (b"whole", {"voice": "alloy"}, 400, "voice"),
        (b"whole", {"stream": "true", "response_format": "srt"}, 400, "response_format"),
    ],
)
def test_wrong_transcription_requests_are_refused(
    *,
    http: httpx.Client,
    client: openai.OpenAI,
    content: bytes,
    data: dict[str, str],
    status: int,
    param: str,
) -> None:
    audio = speak(client, "One.") if content == b"whole" else content
    answer = http.post("/audio/transcriptions", data=data, files={"file": ("a.wav", audio, "audio/wav")})
    error = answer.json()["error"]
    assert (answer.status_code, error["param"]) == (status, param), error


def test_without_soundfile_the_sandbox_says_what_it_makes(
    http: httpx.Client, client: openai.OpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "soundfile", None)  # how Python marks a package that is not there
    spoken = http.post("/audio/speech", json={"input": TEXT, "voice": "alloy"})
    assert spoken.headers["content-type"] == "audio/wav"
    refused = http.post("/audio/speech", json={"input": TEXT, "voice": "alloy", "response_format": "mp3"})
    assert refused.json()["error"]["message"].endswith("This sandbox makes 'wav', 'pcm', 'aac'.")
    heard = client.audio.transcriptions.create(model="sandbox-transcription", file=("a.wav", spoken.content))
    assert heard.text == TEXT
    other = http.post("/audio/transcriptions", files={"file": ("a.mp3", b"ID3" + bytes(100))}).json()
    assert "cannot tell" in other["text"]
