"""What KNIME imports from the plain folder. It lies alone, as KNIME puts its folder on the module path."""

import importlib
import logging
import sys
from pathlib import Path
from types import ModuleType

# The folders at the top of the repository, under the name they have when installed.
namespace = sys.modules.setdefault("endpoint_nodes", ModuleType("endpoint_nodes"))
namespace.__path__ = [str(Path(__file__).resolve().parents[4])]

# KNIME's log takes everything at DEBUG: these log every request with its whole url, and Pillow every part of an image.
for library in ("httpx", "httpcore", "PIL"):
    logging.getLogger(library).setLevel(logging.WARNING)

importlib.import_module("endpoint_nodes.extension.hosts.knime_nodes.nodes")
