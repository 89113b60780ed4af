"""Workflows of real n8n through the package and the service: every item is right, or named."""

import io
import itertools
import json
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from n8n_support import HOME, ROOT, TOKEN, N8n
from PIL import Image

ITEMS = 200
EXAMPLES = ROOT / "examples" / "n8n"

Node = dict[str, Any]


def node(name: str, kind: str, version: float = 1, **parameters: Any) -> Node:
    return {
        "id": name,
        "name": name,
        "type": f"n8n-nodes-base.{kind}",
        "typeVersion": version,
        "position": [0, 0],
        "parameters": parameters,
    }


def ours(
    name: str, operation: str, credential: str = "faulty", on_error: str = "stopWorkflow", **parameters: Any
) -> Node:
    resources = {"chat": "chat", "image": "image", "speech": "audio", "transcription": "audio", "translation": "audio"}
    found = next((value for key, value in resources.items() if key in operation), "run")
    made = node(name, "", resource=found, operation=operation, **parameters)
    credentials = {"endpointNodesApi": {"id": credential, "name": credential}}
    return {
        **made,
        "type": "n8n-nodes-endpoint-nodes.endpointNodes",
        "credentials": credentials,
        "onError": "stopWorkflow" if on_error == "fail" else on_error,
    }


def workflow(name: str, nodes: list[Node], *chains: str, **settings: Any) -> dict[str, Any]:
    """Return a workflow; each of `chains` names connected nodes, "Start > Read > Chat"."""
    connections: dict[str, Any] = {}
    for chain in chains:
        names = chain.split(" > ")
        for source, target in itertools.pairwise(names):
            targets = connections.setdefault(source, {"main": [[]]})["main"][0]
            targets.append({"node": target, "type": "main", "index": 0})
    start = node("Start", "manualTrigger")
    settings = {"executionOrder": "v1", **settings}
    return {"id": name, "name": name, "nodes": [start, *nodes], "connections": connections, "settings": settings}


def output(result: dict[str, Any], name: str, branch: int = 0) -> list[dict[str, Any]]:
    """Return the items that a node has put out."""
    items: list[dict[str, Any]] = result["runData"][name][-1]["data"]["main"][branch]
    return items


@pytest.fixture(scope="session")
def inputs(n8n: N8n) -> Path:
    """A folder that n8n may read, with a sheet of prompts and as many photos."""
    folder = n8n.home / "files"
    (folder / "photos").mkdir(parents=True)
    lines = "".join(f"Product {number},{number} EUR\n" for number in range(ITEMS))
    (folder / "products.csv").write_text(f"name,price\n{lines}", encoding="utf-8")
    for number in range(ITEMS):
        Image.new("RGBA", (32, 32), (number, 90, 200, 255)).save(folder / "photos" / f"{number:03}.png")
    return folder


def read_sheet(folder: Path) -> list[Node]:
    return [
        node("Read Sheet", "readWriteFile", operation="read", fileSelector=str(folder / "products.csv"), options={}),
        node("Rows", "extractFromFile", operation="csv", options={}),
    ]


def read_photos(folder: Path) -> Node:
    return node("Photos", "readWriteFile", operation="read", fileSelector=f"{folder}/photos/*.png", options={})


def paired(item: dict[str, Any]) -> int:
    position: int = item["pairedItem"]["item"]
    return position


def requests_of(address: str) -> int:
    with urllib.request.urlopen(address.removesuffix("/v1") + "/sandbox/requests") as response:  # noqa: S310 - loopback
        total: int = json.load(response)["total"]
    return total


def texts(inputs: Path) -> dict[str, Any]:
    text = "={{ $json.name }} costs {{ $json.price }}"
    wav = {"response_format": "wav"}
    return workflow(
        "texts",
        [
            *read_sheet(inputs),
            ours("Chat", "create_chat_completion", prompt=text, model="gpt-4o-mini", options={"n": 1}),
            ours("Speech", "create_speech", input=text, voice="alloy", model="tts-1", options=wav),
            ours("Transcribe", "create_transcription", file="audio", model="whisper-1", options={}),
            ours("Translate", "create_translation", file="audio", model="whisper-1", options={}),
        ],
        "Start > Read Sheet > Rows > Chat",
        "Rows > Speech > Transcribe",
        "Speech > Translate",
    )


def images(inputs: Path) -> dict[str, Any]:
    size = {"size": "256x256"}
    return workflow(
        "images",
        [
            *read_sheet(inputs),
            read_photos(inputs),
            ours("Create", "create_image", prompt="={{ $json.name }}", options=size),
            ours("Vary", "create_image_variation", image="data", options={**size, "n": 2, "fit": "pad"}),
            ours("Edit", "create_image_edit", image="data", prompt="=Number {{ $itemIndex }}", options=size),
        ],
        "Start > Read Sheet > Rows > Create",
        "Start > Photos > Vary",
        "Photos > Edit",
    )


BAD = "={{ $itemIndex === 7 ? 1000 : 1 }}"


def chat_with(name: str, on_error: str, inputs: Path, **parameters: Any) -> dict[str, Any]:
    chat = ours(
        "Chat",
        "create_chat_completion",
        on_error=on_error,
        prompt="={{ $json.name }}",
        model="gpt-4o-mini",
        options={"n": BAD},
        **parameters,
    )
    return workflow(name, [*read_sheet(inputs), chat], "Start > Read Sheet > Rows > Chat")


def slow(inputs: Path) -> dict[str, Any]:
    chat = ours("Chat", "create_chat_completion", "slow", prompt="={{ $json.name }}", model="gpt-4o-mini", options={})
    return workflow("slow", [*read_sheet(inputs), chat], "Start > Read Sheet > Rows > Chat", executionTimeout=4)


def example(inputs: Path, name: str) -> dict[str, Any]:
    text = (EXAMPLES / f"{name}.json").read_text(encoding="utf-8")
    credential = "batch" if name.startswith("batch") else "sandbox"
    text = text.replace("/home/node/.n8n-files", str(inputs)).replace('"endpoint-nodes"', f'"{credential}"')
    made: dict[str, Any] = json.loads(text.replace('"name": "Endpoint Nodes"', f'"name": "{credential}"'))
    for step in made["nodes"]:
        if step["name"] == "Wait an Hour":
            step["parameters"] = {"amount": 1, "unit": "seconds"}
    return made


@pytest.fixture(scope="module", autouse=True)
def _workflows(n8n: N8n, inputs: Path) -> None:
    n8n.import_workflows(
        texts(inputs),
        images(inputs),
        chat_with("stops", "fail", inputs),
        chat_with("continues", "continueRegularOutput", inputs),
        chat_with("parts", "continueErrorOutput", inputs),
        chat_with("whole", "continueRegularOutput", inputs, simplify=False),
        slow(inputs),
        *(example(inputs, path.stem) for path in EXAMPLES.glob("*.json")),
    )


def test_chat_and_speech_and_back_on_two_hundred_items(n8n: N8n, faulty_sandbox: str) -> None:
    before = requests_of(faulty_sandbox)
    result = n8n.run("texts")
    for name in ("Chat", "Speech", "Transcribe", "Translate"):
        assert [paired(item) for item in output(result, name)] == list(range(ITEMS)), name
    for number in range(ITEMS):
        said = f"Product {number} costs {number} EUR"
        assert output(result, "Chat")[number]["json"]["content"].endswith(said)
        assert n8n.binary(output(result, "Speech")[number], "audio").startswith(b"RIFF")
        assert output(result, "Transcribe")[number]["json"]["text"] == said
        assert said in output(result, "Translate")[number]["json"]["text"]
    sent = requests_of(faulty_sandbox) - before
    assert 4.5 * ITEMS < sent < 7 * ITEMS, "three of ten requests were tried again"


def test_images_on_two_hundred_items(n8n: N8n) -> None:
    result = n8n.run("images")
    for name, of_item in (("Create", 1), ("Vary", 2), ("Edit", 1)):
        items = output(result, name)
        assert [paired(item) for item in items] == [number // of_item for number in range(ITEMS * of_item)], name
        for item in items:
            assert "image" not in item["json"]
            with Image.open(io.BytesIO(n8n.binary(item, "image"))) as picture:
                picture.load()
                assert picture.size == (256, 256)


def test_a_bad_item_ends_the_workflow_and_is_named(n8n: N8n) -> None:
    error = n8n.run("stops", code=1)["error"]
    assert error["message"].startswith("Number of Answers must be from 1 to 128, not 1000.")
    assert error["context"]["itemIndex"] == 7


def test_a_bad_item_goes_on_with_its_error(n8n: N8n) -> None:
    items = output(n8n.run("continues"), "Chat")
    assert [paired(item) for item in items] == list(range(ITEMS))
    assert [number for number, item in enumerate(items) if "error" in item["json"]] == [7]
    assert items[7]["json"]["error"].startswith("Number of Answers must be from 1 to 128, not 1000.")


def test_a_bad_item_leaves_by_the_error_output(n8n: N8n) -> None:
    result = n8n.run("parts")
    assert len(output(result, "Chat")) == ITEMS - 1
    (bad,) = output(result, "Chat", 1)
    assert paired(bad) == 7
    assert bad["json"]["error"].startswith("Number of Answers must be from 1 to 128, not 1000.")


def test_output_that_is_not_simplified_is_the_whole_response(n8n: N8n) -> None:
    items = output(n8n.run("whole"), "Chat")
    assert items[0]["json"]["body"]["object"] == "chat.completion"
    assert items[0]["json"]["status"] == 200


def runs_of(n8n: N8n) -> list[dict[str, Any]]:
    request = urllib.request.Request(f"{n8n.service}/runs", headers={"Authorization": f"Bearer {TOKEN}"})  # noqa: S310
    with urllib.request.urlopen(request) as response:  # noqa: S310 - loopback
        found: list[dict[str, Any]] = json.load(response)["runs"]
    return found


def test_a_cancelled_execution_cancels_its_run(n8n: N8n) -> None:
    n8n.call("execute", "--id=slow", check=False)
    while (run := runs_of(n8n)[-1])["state"] == "running":
        time.sleep(0.1)
    assert (run["state"], run["error"]) == ("cancelled", "The run was cancelled.")
    assert run["done"] < ITEMS


def count_of(name: str) -> Callable[[Path], int]:
    return lambda folder: len((folder / name).read_text(encoding="utf-8").splitlines()) - 1


@pytest.mark.parametrize(
    ("name", "found", "expected"),
    [
        ("photo-variations", lambda folder: len(list((folder / "variations").glob("*.png"))), 2 * ITEMS),
        ("prompts-from-a-sheet", count_of("described.csv"), ITEMS),
        ("nightly", count_of("nightly.csv"), ITEMS),
    ],
)
def test_an_example_works(n8n: N8n, inputs: Path, name: str, found: Callable[[Path], int], expected: int) -> None:
    (inputs / "variations").mkdir(exist_ok=True)
    n8n.run(name)
    assert found(inputs) == expected


def test_the_example_with_a_batch_looks_until_it_is_done(n8n: N8n, inputs: Path) -> None:
    result = n8n.run("batch-at-half-price")
    looks = [run["data"]["main"][0] for run in result["runData"]["Get Results"]]
    assert len(looks) > 1
    assert [len(items) for items in looks] == [1] * (len(looks) - 1) + [ITEMS]
    assert {item["json"]["state"] for items in looks[:-1] for item in items} <= {"queued", "running"}
    assert count_of("described-in-a-batch.csv")(inputs) == ITEMS


def test_nothing_is_left_with_the_service(n8n: N8n) -> None:
    assert not [run for run in runs_of(n8n) if run["state"] in ("queued", "running")]
    assert not list((n8n.home / "service" / "files").glob("*/*"))


def test_the_package_asks_for_nothing_at_run_time() -> None:
    package = json.loads((HOME / "package" / "package.json").read_text(encoding="utf-8"))
    assert "dependencies" not in package
    listed = subprocess.run(
        ["tar", "-tzf", *(HOME / "package").glob("*.tgz")], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert not [name for name in listed if "node_modules" in name or name.endswith(".py")]
