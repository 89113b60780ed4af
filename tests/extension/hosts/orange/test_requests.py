"""What a widget sends to a service: counted there, cancelled, confirmed, and not sent twice."""

import re
import threading
from pathlib import Path

import httpx
import pytest
from orange_support import SANDBOX, RunTest, images

from endpoint_nodes.extension.hosts.orange.preferences import ask_above, remember_ask_above
from endpoint_nodes.port_types.configuration import Configuration


def sent(url: str) -> int:
    """Return how many variations the service at `url` was asked for."""
    log = httpx.get(f"{url.removesuffix('/v1')}/sandbox/requests").json()["requests"]
    return sum(entry["path"].endswith("/images/variations") for entry in log)


@pytest.mark.usefixtures("serve")
class TestAService(RunTest):
    def test_cancel_while_a_hundred_requests_run_leaves_the_widget_usable(self) -> None:
        slow = Configuration(base_url=self.serve(latency=0.05), cache="off", concurrency=4)
        self.feed(images(100), slow, fit="pad", size="256x256")
        self.widget.panel.run_button.click()
        self.wait_for_rows(5)
        self.widget.panel.cancel_button.click()
        some = self.get_output("Results")
        assert 5 <= len(some) < 100
        assert "Cancelled after" in self.messages()
        assert len(self.results()) == 100
        assert not self.messages()

    def test_only_a_run_that_comes_to_its_end_replaces_results(self) -> None:
        one_at_a_time = Configuration(base_url=self.serve(latency=0.2), cache="off", concurrency=1)
        self.feed(images(10), one_at_a_time, fit="pad", size="256x256")
        whole = self.results()
        self.widget.panel.run_button.click()
        assert self.widget.panel.status.text().startswith("0 of 10 rows")
        self.wait_for_rows(1)
        self.widget.panel.cancel_button.click()
        assert self.get_output("Results") is whole
        assert "Results are those of the run before" in self.messages()
        self.send_signal("Configuration", None)
        self.widget.run()
        assert self.get_output("Results") is whole
        assert "No Configuration" in self.messages()

    def test_run_with_nothing_changed_asks_nothing(self) -> None:
        url = self.serve()
        self.feed(images(5), Configuration(base_url=url), fit="pad", size="256x256")
        first = self.results()
        assert sent(url) == 5
        self.feed(images(5), Configuration(base_url=url), keep_columns=False)
        assert "settings have changed" in self.messages()
        again = self.results()
        assert list(again.get_column("image")) == list(first.get_column("image_variation_image"))
        assert sent(url) == 5
        self.feed(images(6), Configuration(base_url=url), result_format="structured")
        assert len(self.results()) == 6
        assert sent(url) == 6
        self.feed(images(6), Configuration(base_url=url), take=2)
        self.results()
        assert sent(url) == 12

    def test_a_run_that_was_cancelled_is_not_taken_for_one_that_changes_nothing(self) -> None:
        one_at_a_time = Configuration(base_url=self.serve(latency=0.3), concurrency=1)
        self.feed(images(4), one_at_a_time, fit="pad", size="256x256")
        self.results()
        self.feed(images(4), one_at_a_time, n=2)
        self.widget.panel.run_button.click()
        self.wait_for_rows(1)
        self.widget.panel.cancel_button.click()
        self.widget.forecast()
        assert self.widget.panel.forecast.text().startswith("Sends up to 4 requests")

    def test_ask_again_asks_for_other_responses_and_keeps_the_former(self) -> None:
        url = self.serve()
        self.feed(images(3), Configuration(base_url=url), fit="pad", size="256x256")
        self.results()
        self.widget.panel.again_button.click()
        self.get_output("Results", wait=30_000)
        assert sent(url) == 6
        assert self.widget.form.values()["take"] == "2"
        self.widget.form.rows["take"].put(1)
        self.results()
        assert sent(url) == 6

    def test_what_run_would_send_is_said_before(self) -> None:
        url = self.serve()
        host = url.removeprefix("http://").removesuffix("/v1")
        self.feed(images(101), Configuration(base_url=url, cache="off"), fit="pad", size="256x256")
        self.widget.forecast()
        assert self.widget.panel.forecast.text() == f"Sends 101 requests to {host}."
        self.feed(images(2), Configuration(base_url=url), fit="pad", size="256x256")
        self.widget.forecast()
        assert self.widget.panel.forecast.text() == f"Sends up to 2 requests to {host}."
        self.results()
        self.widget.forecast()
        assert self.widget.panel.forecast.text().startswith("Nothing has changed since the last run")
        self.feed(None, Configuration(base_url=url))
        self.widget.forecast()
        assert "Image is missing" in self.widget.panel.forecast.text()
        assert sent(url) == 2

    def test_a_run_of_more_requests_than_the_user_set_is_confirmed(self) -> None:
        url = self.serve()
        before = ask_above()
        remember_ask_above(2)
        try:
            self.feed(images(3), Configuration(base_url=url, cache="off"), fit="pad", size="256x256")
            self.widget.panel.run_button.click()
            assert self.widget.task is None
            assert "Sends 3 requests to 127.0.0.1" in self.widget.question.text()
            self.widget.question.reject()
            assert sent(url) == 0
            self.widget.run_automatically = True
            self.feed(images(3), Configuration(base_url=url, cache="off"))
            assert "press Run to let this workflow send" in self.messages()
            self.widget.panel.run_button.click()
            send = next(button for button in self.widget.question.buttons() if button.text() == "Send")
            send.click()
            assert len(self.get_output("Results", wait=30_000)) == 3
            assert sent(url) == 3
            self.widget.panel.again_button.click()
            self.widget.question.reject()
            assert self.widget.form.rows["take"].value() == "1", "what is not sent is not another take"
            self.feed(images(4), Configuration(base_url=url, cache="off"))
            assert "4 requests are more than you want sent unasked; press Run." in self.messages()
            assert self.widget.task is None
        finally:
            remember_ask_above(before)

    def test_a_changed_table_stops_the_run_and_a_changed_configuration_does_not(self) -> None:
        first = Configuration(base_url=self.serve(latency=0.2), cache="off")
        self.feed(images(20), first, fit="pad", size="256x256")
        self.widget.panel.run_button.click()
        self.wait_for_rows(1)
        self.send_signal("Configuration", SANDBOX)
        assert self.widget.task is not None
        assert "changed since the last run" not in self.messages()
        self.send_signal("Requests", images(1))
        assert self.widget.task is None
        assert "Cancelled after" in self.messages()
        assert len(self.results()) == 1
        self.send_signal("Configuration", first)
        assert "changed since the last run" in self.messages()

    def test_the_report_says_what_was_asked_where_and_what_came_of_it(self) -> None:
        url = self.serve()
        broken = images(3, row_1="missing.png")
        self.feed(broken, Configuration(base_url=url, cache="off"), fit="pad", n=2, on_error="continue")
        self.results()
        self.widget.create_report_html()
        told = re.sub(r"<[^>]+>", " ", self.widget.report_html)
        host = url.removeprefix("http://").removesuffix("/v1")
        for words in (
            "column image",
            "Data instances:  3",
            f"Service:  {host}",
            "3 rows, 0 from the cache, 2 sent",
            "token",
        ):
            assert words in told, told
        assert "missing.png" in told
        assert "does not exist (1 row)" in told
        assert "If there are missing values" not in told, "what is as usual is left out"

    def test_closing_the_window_while_running_ends_its_threads(self) -> None:
        url = self.serve(latency=5)
        before = set(threading.enumerate())
        self.feed(images(100), Configuration(base_url=url, cache="off"), fit="pad")
        self.widget.panel.run_button.click()
        self.process_events(until=lambda: self.widget.panel.status.text() or len(threading.enumerate()) > len(before))
        self.widget.onDeleteWidget()
        self.process_events(until=lambda: not set(threading.enumerate()) - before, timeout=20_000)
        self.widgets.remove(self.widget)
        self.widget = self.create_widget(self.kind)

    def test_what_was_answered_is_not_bought_again(self) -> None:
        import tempfile

        url = self.serve(latency=0.1)
        with tempfile.TemporaryDirectory() as cache:
            self.feed(images(30), Configuration(base_url=url, cache=cache, concurrency=2), fit="pad", size="256x256")
            self.widget.panel.run_button.click()
            self.wait_for_rows(5)
            self.widget.panel.cancel_button.click()
            kept = len(self.widget.done)
            assert len(self.results()) == 30
            assert 30 <= sent(url) <= 30 + 4, f"{kept} of 30 rows were kept"
            assert list(Path(cache, "files", "create_image_variation").glob("*.png"))

    def test_a_refused_key_is_the_services_own_message(self) -> None:
        url = self.serve(key="right")
        self.feed(images(3), Configuration(base_url=url, cache="off"), fit="pad")
        self.results()
        assert "API key" in self.messages()
        assert "Use Credential: env:OPENAI_API_KEY to send it to 127.0.0.1." in self.messages()

    def test_an_address_without_a_version_is_corrected_in_the_words_of_the_dialog(self) -> None:
        url = self.serve().removesuffix("/v1")
        self.feed(images(1), Configuration(base_url=url, cache="off"), fit="pad")
        self.results()
        assert f"Base URLs usually end in /v1: try Base URL: {url}/v1." in self.messages()

    def test_models_are_asked_of_the_service(self) -> None:
        self.feed(None, Configuration(base_url=self.serve(), cache="off"))
        row = self.widget.form.rows["model"]
        row.put_flag(True)
        combo, button = row.editor.widget.children()[1:]
        button.click()
        self.process_events(until=lambda: combo.count() > 0, timeout=20_000)
        names = [combo.itemText(number) for number in range(combo.count())]
        assert names[0].startswith("gpt-image")
        assert "sandbox-chat" in names[names.index("") :], "those that do not look fit come after a line"
