"""What a host may say to the garbage collector."""

import subprocess
import sys

PROGRAM = """
import gc
from endpoint_nodes.extension.hosts.kit.collector import relax_collector
before = gc.get_threshold()[0]
relax_collector()
frozen = gc.get_freeze_count()
relax_collector()
assert gc.get_threshold()[0] > before
assert gc.get_freeze_count() == frozen > 0
"""


def test_the_collector_is_told_once_what_it_need_not_look_at() -> None:
    subprocess.run([sys.executable, "-c", PROGRAM], check=True)


def test_a_library_leaves_the_collector_alone() -> None:
    program = """
import gc
before = gc.get_threshold()
import pandas
from endpoint_nodes import Configuration, chat
chat(pandas.DataFrame({"prompt": ["a"]}), model="any", configuration=Configuration(base_url="sandbox:"))
assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)
"""
    subprocess.run([sys.executable, "-c", program], check=True)
