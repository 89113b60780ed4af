"""The words of progress are the same in every host."""

from endpoint_nodes.extension.engine import Progress
from endpoint_nodes.extension.hosts.kit.progress import ProgressWords, count


def test_progress_says_rows_failures_and_time_left_where_the_total_is_known() -> None:
    words = ProgressWords()
    assert words.update(Progress(12, 1, 1000)).startswith("12 of 1,000 rows, 1 failed, ")
    assert words.update(Progress(12, 0, 1000)).endswith(" left")
    assert " left" not in words.update(Progress(12, 0, None))
    assert words.ended().startswith("12 rows in ")


def test_a_wait_says_how_long_and_why() -> None:
    words = ProgressWords()
    words.update(Progress(1, 0, 1))
    assert words.waiting(200, "the service answered 429") == "1 of 1 row, waiting 3 min: the service answered 429"


def test_a_number_agrees_with_its_noun() -> None:
    assert [count(0, "row"), count(1, "row"), count(1024, "row"), count(2, "retry", "retries")] == [
        "0 rows",
        "1 row",
        "1,024 rows",
        "2 retries",
    ]
