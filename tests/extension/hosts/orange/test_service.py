"""Endpoint Configuration: the key dialog, the test of a service, and the service used last."""

from typing import Any

import keyring
import pytest
from AnyQt.QtWidgets import QTableWidgetItem
from Orange.widgets.tests import base
from orange_support import BY_NAME, GuardedKeyring

from endpoint_nodes.extension.hosts.orange.configuration_widget import EndpointConfiguration
from endpoint_nodes.port_types.configuration import OPENAI, Configuration

MARKED = "sk-MARKED-SECRET"


@pytest.mark.usefixtures("serve")
class TestService(base.WidgetTest):
    serve: Any

    def setUp(self) -> None:
        super().setUp()
        self.before = keyring.get_keyring()
        keyring.set_keyring(GuardedKeyring())
        self.widget = self.create_widget(EndpointConfiguration)

    def tearDown(self) -> None:
        keyring.set_keyring(self.before)
        super().tearDown()

    def choose(self, url: str, widget: Any = None) -> None:
        chosen = widget or self.widget
        chosen.base_url_edit.setCurrentText(url)
        chosen.base_url_edit.lineEdit().editingFinished.emit()

    def test_the_key_dialog_stores_the_key_and_names_its_place(self) -> None:
        url = self.serve(key=MARKED)
        self.choose(url)
        self.widget.key_button.click()
        dialog = self.widget.key_dialog
        assert dialog.textEchoMode() == dialog.textEchoMode().Password
        dialog.setTextValue(MARKED)
        dialog.accept()
        sent = self.get_output("Configuration")
        assert sent.credential == "keyring:endpoint-nodes/127.0.0.1"
        assert keyring.get_password("endpoint-nodes", "127.0.0.1") == MARKED
        assert MARKED not in str(self.widget.settingsHandler.pack_data(self.widget))
        assert self.verdict() == f"{url.removeprefix('http://').removesuffix('/v1')} answers: 13 models."

    def verdict(self) -> str:
        self.widget.test.button.click()
        self.process_events(until=self.widget.test.button.isEnabled, timeout=20_000)
        text: str = self.widget.test.verdict.text()
        return text

    def test_a_service_that_refuses_or_is_not_there_says_so(self) -> None:
        self.choose(self.serve(key=MARKED))
        assert "API key" in self.verdict()
        self.choose("http://127.0.0.1:9/v1")
        assert self.widget.test.verdict.text() == "", "a verdict is on one service"
        assert "127.0.0.1" in self.verdict()

    def test_the_next_configuration_starts_with_the_service_used_last_and_a_saved_one_does_not(self) -> None:
        self.choose("https://api.example.org/v1")
        fresh = self.create_widget(EndpointConfiguration)
        assert self.get_output("Configuration", fresh).base_url == "https://api.example.org/v1"
        saved = self.create_widget(EndpointConfiguration, stored_settings={"values": {"concurrency": 3}})
        assert self.get_output("Configuration", saved) == Configuration(base_url=OPENAI, concurrency=3)
        foreign = self.create_widget(EndpointConfiguration, stored_settings={"base_url": "https://foreign.example/v1"})
        assert self.get_output("Configuration", foreign).base_url == "https://foreign.example/v1"
        after = self.create_widget(EndpointConfiguration)
        assert self.get_output("Configuration", after).base_url == "https://api.example.org/v1"
        self.choose(OPENAI, after)

    def test_the_report_has_the_service_and_its_limits(self) -> None:
        self.choose("https://api.example.org/v1")
        self.widget.form.rows["max_requests"].put_flag(True)
        self.widget.commit()
        self.widget.create_report_html()
        assert "https://api.example.org/v1" in self.widget.report_html
        assert "Max requests" in self.widget.report_html
        self.choose(OPENAI)

    def test_headers_are_a_table_of_names_and_values(self) -> None:
        edit = self.widget.form.rows["headers"].editor.widget
        table = edit.findChildren(type(edit._table))[0]
        table.setItem(0, 0, QTableWidgetItem("X-Team"))
        table.setItem(0, 1, QTableWidgetItem("7"))
        assert table.rowCount() == 2, "there is always a row for the next"
        self.widget.commit()
        assert self.get_output("Configuration").headers == {"X-Team": "7"}
        opened = self.create_widget(
            EndpointConfiguration, stored_settings=self.widget.settingsHandler.pack_data(self.widget)
        )
        assert self.get_output("Configuration", opened).headers == {"X-Team": "7"}

    def test_models_are_offered_once_the_service_has_been_asked(self) -> None:
        self.choose(self.serve())
        self.verdict()
        chat = self.create_widget(BY_NAME["CreateChatCompletion"])
        self.send_signal("Configuration", self.get_output("Configuration"), widget=chat)
        chat.show()
        combo = chat.form.rows["model"].editor.widget.children()[1]
        names = [combo.itemText(row) for row in range(combo.count())]
        line = names.index("")
        assert all("embedding" not in name for name in names[:line])
        assert any("embedding" in name for name in names[line:])
        assert combo.currentText() == "", "none is chosen unasked"
        chat.hide()


class TestAnswerColumns(base.WidgetTest):
    def test_names_and_types_are_a_table_and_a_schema_is_text(self) -> None:
        chat = self.create_widget(BY_NAME["CreateChatCompletion"])
        row = chat.form.rows["answer_columns"]
        row.put({"city": "text", "people": "integer"})
        assert row.value() == {"city": "text", "people": "integer"}
        assert not row.editor.widget._as_text.isChecked()
        row.put({"type": "object", "properties": {"city": {"type": "string"}}})
        assert row.editor.widget._as_text.isChecked()
        assert '"properties"' in row.value()
        row.put({})
        assert row.value() is None
