"""Real n8n without a window, with the packed package in it; the service and a sandbox beside it."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
HOME = Path(os.environ.get("N8N_HOME", ROOT / "build" / "n8n"))
"""Where `make test-n8n` has put n8n, and the package as npm packs it."""

COMMAND = ROOT / ".venv/bin/endpoint-nodes"
TOKEN = "token-of-the-tests"


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@contextmanager
def started(*arguments: object, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a serving command until the block ends, and give its process and address."""
    with subprocess.Popen(
        [COMMAND, *map(str, arguments), "--port", "0"],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found
        try:
            yield process, found[0]
        finally:
            process.terminate()


class N8n:
    """An n8n with a home of its own."""

    def __init__(self, home: Path, service: str) -> None:
        self.home, self.service = home, service
        self.environment = {
            "PATH": f"{HOME / 'bin'}:{os.environ['PATH']}",
            "HOME": str(home),
            "N8N_USER_FOLDER": str(home),
            "N8N_ENCRYPTION_KEY": "a key of the tests",
            "N8N_LISTEN_ADDRESS": "127.0.0.1",
            "N8N_PORT": str(free_port()),
            "N8N_RUNNERS_BROKER_PORT": str(free_port()),
            "N8N_SECURE_COOKIE": "false",
            "N8N_RESTRICT_FILE_ACCESS_TO": str(home),
            "N8N_DISABLED_MODULES": "mcp-registry,instance-ai,agents,chat-hub,insights",
            **dict.fromkeys(
                (
                    "N8N_DIAGNOSTICS_ENABLED",
                    "N8N_VERSION_NOTIFICATIONS_ENABLED",
                    "N8N_TEMPLATES_ENABLED",
                    "N8N_PERSONALIZATION_ENABLED",
                    "N8N_LICENSE_AUTO_RENEW_ENABLED",
                    "N8N_VERIFIED_PACKAGES_ENABLED",
                ),
                "false",
            ),
        }
        nodes = home / ".n8n" / "nodes"
        nodes.mkdir(parents=True)
        (nodes / "package.json").write_text('{"private": true}', encoding="utf-8")
        (package,) = (HOME / "package").glob("*.tgz")
        options = ("--ignore-scripts", "--legacy-peer-deps", "--omit=peer", "--no-audit", "--no-fund")
        subprocess.run(["npm", "install", package, *options], cwd=nodes, env=self.environment, check=True)

    @property
    def command(self) -> list[str]:
        """The command of n8n."""
        return [str(HOME / "bin" / "node"), str(HOME / "n8n" / "node_modules" / "n8n" / "bin" / "n8n")]

    def call(self, *arguments: object, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command of n8n."""
        return subprocess.run(
            [*self.command, *map(str, arguments)],
            env=self.environment,
            cwd=self.home,
            capture_output=True,
            text=True,
            check=check,
        )

    def add_credentials(self, *configurations: str) -> None:
        """Add a credential for each Configuration, under its name."""
        data = {"address": f"{self.service}/", "token": TOKEN}
        made = [
            {"id": name, "name": name, "type": "endpointNodesApi", "data": {**data, "configuration": name}}
            for name in configurations
        ]
        path = self.home / "credentials.json"
        path.write_text(json.dumps(made), encoding="utf-8")
        self.call("import:credentials", f"--input={path}")

    def import_workflows(self, *workflows: dict[str, Any]) -> None:
        """Save workflows, all at once, because every command of n8n takes seconds to start."""
        folder = Path(tempfile.mkdtemp(dir=self.home))
        for workflow in workflows:
            (folder / f"{workflow['id']}.json").write_text(json.dumps(workflow), encoding="utf-8")
        self.call("import:workflow", "--separate", f"--input={folder}")

    def run(self, workflow: str, *, code: int = 0) -> dict[str, Any]:
        """Execute a workflow, and return what became of each node, by name."""
        ended = self.call("execute", f"--id={workflow}", "--rawOutput", check=False)
        assert ended.returncode == code, ended.stdout + ended.stderr
        # Lines of the log stand around the result.
        found = re.search(r"^\{.*", ended.stdout, re.MULTILINE | re.DOTALL)
        assert found, ended.stdout
        result: dict[str, Any] = json.JSONDecoder().raw_decode(found[0])[0]["data"]["resultData"]
        return result

    def binary(self, item: dict[str, Any], name: str) -> bytes:
        """Return what an item has in a binary field; n8n keeps it in files."""
        file = item["binary"][name]["id"].rpartition("/")[2]
        (path,) = (path for path in (self.home / ".n8n").rglob(file) if path.is_file())
        return path.read_bytes()
