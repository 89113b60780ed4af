"""Draw docs/images/architecture.svg: the three floors, and the way of one row through them."""

from html import escape
from pathlib import Path

PICTURE = Path(__file__).parent / "images" / "architecture.svg"
STYLE = """
  .paper { fill: #fff } .floor { fill: #f4f5f2; stroke: #d5d8d2 } .room { fill: #fff; stroke: #b9beb8 }
  .step { fill: #e3f1f2; stroke: #0b6470 } .outside { fill: none; stroke: #8b8f94; stroke-dasharray: 5 4 }
  text { font: 14px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1d2023 }
  .name { font-weight: 600 } .small { font-size: 12px; fill: #5c6168 } .middle { text-anchor: middle }
  .way { fill: none; stroke: #0b6470; stroke-width: 2; marker-end: url(#tip) } .tip { fill: #0b6470 }
  .asks { fill: none; stroke: #5c6168; stroke-width: 1.5; stroke-dasharray: 2 4; stroke-linecap: round }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #131517 } .floor { fill: #1b1e21; stroke: #2f343a } .room { fill: #24282c; stroke: #4a5058 }
    .step { fill: #153338; stroke: #7ccad3 } .outside { stroke: #767d86 }
    text { fill: #e7e9eb } .small { fill: #a2a9b1 }
    .way { stroke: #7ccad3 } .tip { fill: #7ccad3 } .asks { stroke: #a2a9b1 }
  }"""


def box(kind: str, x: int, y: int, width: int, height: int) -> str:
    """Return a rectangle with round corners."""
    return f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}" rx="8"/>'


def words(text: str, x: int, y: int, kind: str = "") -> str:
    """Return a line of text whose baseline is at `y`."""
    return f'<text class="{kind}" x="{x}" y="{y}">{escape(text)}</text>'


def room(x: int, y: int, width: int, height: int, name: str, *lines: str) -> str:
    """Return a room: its name, and lines about what it does."""
    about = (words(line, x + 12, y + 42 + 18 * number, "small") for number, line in enumerate(lines))
    return "\n".join([box("room", x, y, width, height), words(name, x + 12, y + 22, "name"), *about])


def floor(y: int, height: int, name: str, about: str) -> str:
    """Return a floor of the house, as wide as the house."""
    return "\n".join(
        [box("floor", 20, y, 960, height), words(name, 36, y + 26, "name"), words(about, 140, y + 26, "small")]
    )


def step(x: int, *lines: str) -> str:
    """Return a stage of the row pipeline."""
    first = 241 if len(lines) == 1 else 233
    text = (words(line, x + 49, first + 16 * number, "middle") for number, line in enumerate(lines))
    return "\n".join([box("step", x, 212, 98, 48), *text])


def way(path: str) -> str:
    """Return a part of the row's way."""
    return f'<path class="way" d="{path}"/>'


def asks(x: int) -> str:
    """Return what a stage asks of the node, a floor below."""
    return f'<path class="asks" d="M{x} 262 V434"/>'


def picture() -> str:
    """Return the picture as SVG."""
    parts = [
        box("paper", 0, 0, 1130, 680),
        floor(20, 400, "extension/", "runs nodes: opens sockets, files and clocks"),
        room(36, 64, 148, 330, "hosts/", "command line", "KNIME", "Orange", "Python", "Ray"),
        words("kit/", 48, 336, "name"),
        words("shared by all of them", 48, 356, "small"),
        box("room", 206, 64, 560, 330),
        words("engine/", 704, 86, "name"),
        room(222, 98, 120, 58, "io/", "reads the input"),
        room(386, 98, 364, 58, "run/", "scheduler: which row next, how many at once"),
        box("room", 222, 178, 528, 94),
        words("run/", 234, 200, "name"),
        words("row pipeline: each stage takes a value and returns one", 272, 200, "small"),
        step(234, "bind"),
        step(338, "load", "media"),
        step(442, "build", "request"),
        step(545, "obtain", "response"),
        step(648, "project", "rows"),
        *map(asks, (283, 491, 695)),
        room(240, 312, 140, 64, "io/", "files of the row"),
        room(412, 312, 140, 64, "cache/", "answered before?"),
        room(584, 312, 166, 64, "http/", "limits, retries, budget"),
        room(790, 64, 174, 58, "report/", "results as a page"),
        room(790, 138, 174, 58, "testing/", "the tests of every node"),
        room(790, 296, 174, 60, "sandbox/", "a service in this process"),
        box("outside", 1010, 340, 104, 54),
        words("the service", 1062, 372, "middle"),
        floor(436, 108, "nodes/", "say what is asked and what came back: no I/O"),
        room(206, 474, 180, 58, "one file, one node", "operation, fields, result"),
        room(406, 474, 200, 58, "base/", "what nodes are written in"),
        room(626, 474, 200, 58, "openapi/", "documents become nodes"),
        floor(560, 100, "port_types/", "what travels along an edge: pure data"),
        *(
            box("room", x, 602, width, 40) + words(text, x + width // 2, 627, "middle")
            for x, width, text in [
                (206, 120, "Configuration"),
                (342, 90, "fields"),
                (448, 90, "files"),
                (554, 90, "tables"),
                (660, 90, "errors"),
            ]
        ),
        words("every import points down", 790, 627, "small"),
        way("M184 127 H218"),  # a host hands over its input
        way("M342 127 H382"),
        way("M430 156 V168 H228 V236 H231"),  # a row starts
        way("M332 236 H335"),
        way("M436 236 H439"),
        way("M540 236 H542"),
        way("M643 236 H645"),
        way("M387 260 V288 H310 V308"),
        way("M595 260 V288 H482 V308"),
        way("M552 344 H580"),  # not answered before
        way("M750 326 H786"),
        way("M750 368 H1006"),
        way("M697 208 V160"),  # the result, in input order
        way("M686 98 V82 H188"),
    ]
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1130 680" width="1130" height="680" role="img">\n'
        "<title>The three floors, and the way of one row through them</title>\n"
        f"<style>{STYLE}\n</style>\n"
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" '
        'markerUnits="userSpaceOnUse" orient="auto"><path class="tip" d="M0 0 8 4 0 8z"/></marker></defs>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )
