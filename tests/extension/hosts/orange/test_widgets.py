"""What the widgets are made of: discovery, dialogs, settings, credentials, help."""

import ast
from pathlib import Path
from typing import Any

import keyring
import pytest
from AnyQt.QtCore import QTimer, QUrl
from AnyQt.QtGui import QPalette
from AnyQt.QtWidgets import (
    QApplication,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QLineEdit,
    QPlainTextEdit,
    QToolButton,
)
from keyrings.alt.file import PlaintextKeyring
from Orange.canvas.config import Config
from Orange.data import Domain, StringVariable
from Orange.widgets.tests import base
from orange_support import GuardedKeyring
from orangecanvas.help import HelpManager
from orangecanvas.registry import WidgetRegistry

from endpoint_nodes.extension.hosts.kit.fields import dialog_fields, has_flag, starting_value
from endpoint_nodes.extension.hosts.orange.column_choice import propose_column
from endpoint_nodes.extension.hosts.orange.configuration_widget import EndpointConfiguration
from endpoint_nodes.extension.hosts.orange.dialog import Fields
from endpoint_nodes.extension.hosts.orange.form import FieldRow, Form
from endpoint_nodes.extension.hosts.orange.widgets import OPERATIONS, CreateImageVariation
from endpoint_nodes.nodes import node_classes
from endpoint_nodes.nodes.create_chat_completion import CreateChatCompletion
from endpoint_nodes.nodes.get_costs_and_usage import GetCostsAndUsage
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.fields import Mode

HOST = Path(__file__).parents[4] / "extension" / "hosts" / "orange"
MARKED = "sk-MARKED-SECRET"


@pytest.fixture(scope="module")
def registry() -> WidgetRegistry:
    """Give the registry that the canvas itself would make."""
    found, config = WidgetRegistry(), Config()
    config.widget_discovery(found).run(config.widgets_entry_points())
    return found


def test_every_node_is_in_orange_and_one_of_another_package_too(registry: WidgetRegistry) -> None:
    category = registry.category("Endpoint Nodes")
    names = {widget.name for widget in registry.widgets(category)}
    assert names == {"Endpoint Configuration", "Audio Player"} | {node.label() for node in node_classes().values()}
    assert {"Create Image Variation", "Sample Embeddings", "Sample Speech"} <= names
    for widget in registry.widgets(category):
        assert (HOST / widget.icon).is_file()
        assert len(widget.description) > 10
    icons = [widget.icon for widget in registry.widgets(category) if "Sample" not in widget.name]
    assert len(set(icons)) == len(icons), "each has an icon of its own"


def test_the_toolbox_finds_widgets_by_what_people_call_them(registry: WidgetRegistry) -> None:
    found = {widget.name: widget.keywords for widget in registry.widgets(registry.category("Endpoint Nodes"))}
    called = {
        "gpt": "Create Chat Completion",
        "llm": "Create Chat Completion",
        "whisper": "Create Transcription",
        "tts": "Create Speech",
        "dall-e": "Create Image",
        "mp3": "Audio Player",
        "api key": "Endpoint Configuration",
    }
    assert {word: name for word, name in called.items() if word in found[name]} == called


def test_widgets_of_workflows_saved_by_any_version_are_found(registry: WidgetRegistry) -> None:
    package = "endpoint_nodes.extension.hosts.orange."
    replaced = {old: widget.qualified_name for widget in registry.widgets() for old in widget.replaces or ()}
    saved = ("configuration.EndpointConfiguration", "configuration_widget.EndpointConfiguration")
    opened = {replaced.get(package + name, package + name) for name in saved}
    assert opened == {package + "configuration_widget.EndpointConfiguration"}
    assert all(map(registry.has_widget, [*opened, package + "widgets.CreateImageVariation"]))


def test_the_host_names_no_node() -> None:
    classes = set(node_classes().values())
    texts = {name for node in classes for name in (node.id(), node.label(), node.command())}
    for path in HOST.glob("*.py"):
        code = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        assert not {part.id for part in code if isinstance(part, ast.Name)} & {found.__name__ for found in classes}
        assert (
            not {part.value for part in code if isinstance(part, ast.Constant) and isinstance(part.value, str)} & texts
        )


def test_every_widget_has_a_help_page(registry: WidgetRegistry) -> None:
    manager = HelpManager()
    manager.set_registry(registry)
    for widget in registry.widgets(registry.category("Endpoint Nodes")):
        page = Path(manager.search(QUrl(f"help://search?id={widget.qualified_name}")).toLocalFile())
        text = page.read_text(encoding="utf-8")
        assert widget.name in text
        if node := node_classes().get(page.stem):
            assert all(field.label in text for field in dialog_fields(node))
            assert all(f"<h2>{part}</h2>" in text for part in ("Inputs", "Outputs", "Example", "Fields", "Results"))
        if "Sample" not in widget.name:
            assert (page.parent / f"{page.stem}.png").is_file()
            assert f'src="{page.stem}.png"' in text


class TestPaths(base.WidgetTest):
    def browse(self, row: FieldRow, chosen: Path) -> QFileDialog.FileMode:
        """Press a field's button, choose a path in the dialog that opens, and return what the dialog looks for."""
        modes = []

        def choose() -> None:
            dialog = QApplication.activeModalWidget()
            modes.append(dialog.fileMode())
            dialog.findChild(QLineEdit).setText(str(chosen))
            dialog.findChild(QDialogButtonBox).buttons()[0].click()

        row.put_flag(True)
        QTimer.singleShot(0, choose)
        row.editor.widget.button.click()
        return modes[0]

    def test_a_path_has_a_button_to_browse_for_a_file_or_a_folder(self) -> None:
        rows = self.create_widget(EndpointConfiguration).form.rows
        paths = {"ca_bundle": Path(__file__), "cache": HOST, "batch_folder": HOST}
        modes = {name: self.browse(rows[name], path) for name, path in paths.items()}
        folder = QFileDialog.FileMode.Directory
        assert modes == {"ca_bundle": QFileDialog.FileMode.ExistingFile, "cache": folder, "batch_folder": folder}
        assert {name: row.value() for name, row in rows.items() if row.on and name in paths} == {
            name: str(path) for name, path in paths.items()
        }


@pytest.mark.parametrize("widget", OPERATIONS, ids=lambda widget: widget.__name__)
def test_a_dialog_says_everything_that_a_node_declares(widget: Any) -> None:
    test = base.WidgetTest()
    base.WidgetTest.setUpClass()
    shown = test.create_widget(widget)
    fields = {field.name: field for field in dialog_fields(widget.node)}
    assert set(shown.form.rows) == set(fields)
    for name, field in fields.items():
        row = shown.form.rows[name]
        assert (row.flag is not None) == has_flag(field)
        assert row.editor.widget.isEnabled() == (row.flag is None)
        assert (row.chooser is None) == (field.mode is Mode.SETTING)
        assert field.help in row.editor.widget.toolTip()
        if row.flag:
            row.flag.setChecked(True)
            assert row.editor.widget.isEnabled()
        if (start := starting_value(field)) is not None:
            assert field.check(row.editor.get()) == start
    shown.onDeleteWidget()


@pytest.mark.parametrize("widget", [EndpointConfiguration, *OPERATIONS], ids=lambda widget: widget.__name__)
def test_a_narrow_window_cuts_nothing_off(widget: Any) -> None:
    test = base.WidgetTest()
    base.WidgetTest.setUpClass()
    shown = test.create_widget(widget)
    if widget is not EndpointConfiguration:
        shown.form.set_domain(Domain([], None, [StringVariable("a column with quite a long name")]))
    for button in shown.findChildren(QToolButton):
        if button.text() == "More":
            button.setChecked(True)
    shown.show()
    shown.resize(420, 600)
    test.process_events()
    area = shown.findChildren(Fields)[0]
    assert shown.width() == 420
    assert area.widget().minimumSizeHint().width() <= area.viewport().width()
    shown.hide()
    shown.onDeleteWidget()


@pytest.mark.parametrize("widget", [EndpointConfiguration, CreateImageVariation], ids=lambda widget: widget.__name__)
def test_the_fields_of_all_groups_are_aligned_and_those_that_are_off_are_grey(widget: Any) -> None:
    test = base.WidgetTest()
    base.WidgetTest.setUpClass()
    shown = test.create_widget(widget)
    for button in shown.findChildren(QToolButton):
        if button.text() == "More":
            button.setChecked(True)
    shown.show()
    shown.resize(900, 700)
    test.process_events()
    lefts = {
        layout.itemAt(row, QFormLayout.ItemRole.FieldRole).geometry().left()
        for layout in shown.findChildren(QFormLayout)
        for row in range(layout.rowCount())
        if layout.isRowVisible(row)
    }
    assert len(lefts) == 1
    for editor in shown.findChildren((QLineEdit, QPlainTextEdit)):
        colours = editor.palette()
        is_grey = colours.color(QPalette.ColorRole.Base) == colours.color(QPalette.ColorRole.Window)
        assert is_grey != editor.isEnabled()
    shown.hide()
    shown.onDeleteWidget()


class TestMeaning(base.WidgetTest):
    def visible(self, form: Form) -> set[str]:
        return {name for name, row in form.rows.items() if row.field.only_with and not row.label.isHidden()}

    def test_a_field_of_another_route_is_hidden_unless_it_is_in_use(self) -> None:
        form = self.create_widget(CreateImageVariation).form
        assert self.visible(form) == {"strength", "quality", "style", "prompt"}
        form.rows["style"].put_flag(True)
        form.rows["route"].put("variations")
        assert self.visible(form) == {"style"}

    def test_what_needs_another_setting_is_shown_with_it(self) -> None:
        form = self.create_widget(EndpointConfiguration).form
        assert self.visible(form) == set()
        form.rows["delivery"].put("batch")
        assert self.visible(form) == {"wait", "batch_service", "keep_batch_files"}


class TestSettings(base.WidgetTest):
    def setUp(self) -> None:
        super().setUp()
        self.widget = self.create_widget(CreateImageVariation)

    def saved(self, widget: Any) -> dict[str, Any]:
        widget.settingsAboutToBePacked.emit()
        settings: dict[str, Any] = widget.settingsHandler.pack_data(widget)
        return settings

    def test_they_are_saved_with_the_workflow_only(self) -> None:
        rows = self.widget.form.rows
        rows["n"].put_flag(True)
        rows["n"].put(3)
        rows["image"].wish = "photo"
        saved = self.saved(self.widget)
        assert (saved["values"], saved["enabled"], saved["columns"]) == ({"n": 3}, ["n"], {"image": "photo"})
        self.widget.saveSettings()
        fresh = self.create_widget(CreateImageVariation, reset_default_settings=False)
        assert self.saved(fresh)["values"] == {}
        opened = self.create_widget(CreateImageVariation, stored_settings=dict(saved))
        assert self.saved(opened) == saved
        assert opened.form.values()["n"] == 3

    def test_a_workflow_of_another_version_opens_and_says_what_it_could_not_take(self) -> None:
        stored = {
            "values": {"n": 99, "size": "512x512", "from_the_future": 1},
            "enabled": ["n", "size", "from_the_future"],
            "columns": {"gone": "a"},
            "brand_new_setting": True,
            "__version__": 7,
        }
        opened = self.create_widget(CreateImageVariation, stored_settings=stored)
        assert opened.form.values()["size"] == "512x512"
        assert opened.form.values()["n"] == 1
        warnings = str(opened.Warning.settings)
        assert "Number of images must be from 1 to 10, not 99. The default is used." in warnings
        assert "from_the_future" in warnings

    def test_settings_of_another_shape_cost_only_themselves(self) -> None:
        stored = {"values": 5, "enabled": {"n": 1}, "columns": {"image": "photo"}, "folder": "results"}
        opened = self.create_widget(CreateImageVariation, stored_settings=stored)
        assert opened.form.chosen_columns() == {"image": "photo"}
        assert opened.folder == "results"

    def test_a_workflow_without_a_version_opens(self) -> None:
        opened = self.create_widget(CreateImageVariation, stored_settings={"values": {"fit": "pad"}})
        assert opened.form.values()["fit"] == "pad"
        assert not opened.Warning.settings.is_shown()

    def test_what_is_typed_takes_the_place_of_a_column_that_nobody_chose(self) -> None:
        chat = self.create_widget(next(widget for widget in OPERATIONS if widget.__name__ == "CreateChatCompletion"))
        chat.form.set_domain(Domain([], None, [StringVariable("name")]))
        assert chat.form.chosen_columns() == {"prompt": "name"}
        prompt = chat.form.rows["prompt"]
        assert prompt.editor.widget.isEnabled()
        prompt.editor.widget.setPlainText("Describe {name}.")
        assert chat.form.chosen_columns() == {}
        assert chat.form.values()["prompt"] == "Describe {name}."
        chat.form.set_domain(Domain([], None, [StringVariable("other")]))
        assert chat.form.values()["prompt"] == "Describe {name}.", "another table changes nothing of it"

    def test_a_column_is_found_again_when_its_table_comes(self) -> None:
        opened = self.create_widget(
            CreateImageVariation, stored_settings={"columns": {"prompt": "words"}, "enabled": ["prompt"]}
        )
        opened.form.set_domain(Domain([], None, [StringVariable("other"), StringVariable("words")]))
        assert opened.form.rows["prompt"].chooser.currentText() == "words"
        assert opened.form.chosen_columns() == {"prompt": "words"}
        assert "prompt" not in opened.form.values()


class TestEndpointConfiguration(base.WidgetTest):
    def setUp(self) -> None:
        super().setUp()
        self.widget = self.create_widget(EndpointConfiguration)
        self.before = keyring.get_keyring()

    def tearDown(self) -> None:
        keyring.set_keyring(self.before)
        super().tearDown()

    def enter(self, place: str, reference: str) -> Configuration | None:
        self.widget.place.setCurrentIndex(self.widget.place.findData(place))
        self.widget.reference.setText(reference)
        self.widget.commit()
        sent: Configuration | None = self.get_output("Configuration")
        return sent

    def test_a_budget_saved_under_its_former_name_still_holds(self) -> None:
        saved = {"values": {"max_tokens": 500}, "enabled": ["max_tokens"]}
        widget = self.create_widget(EndpointConfiguration, stored_settings=saved)
        assert self.get_output("Configuration", widget) == Configuration(max_total_tokens=500)

    def test_it_sends_what_it_shows(self) -> None:
        assert self.get_output("Configuration") == Configuration()
        self.widget.base_url_edit.setCurrentText("sandbox:")
        self.widget.form.rows["concurrency"].put(3)
        self.widget.form.rows["requests_per_minute"].put_flag(True)
        self.widget.form.rows["requests_per_minute"].put(60)
        self.widget.commit()
        sent = Configuration(base_url="sandbox:", concurrency=3, requests_per_minute=60)
        assert self.get_output("Configuration") == sent
        opened = self.create_widget(
            EndpointConfiguration, stored_settings=self.widget.settingsHandler.pack_data(self.widget)
        )
        assert self.get_output("Configuration", widget=opened) == sent

    def test_what_is_typed_is_sent_when_it_rests_and_kept_when_the_workflow_is_saved(self) -> None:
        sent: list[Any] = []
        self.widget.Outputs.configuration.send = sent.append
        for text in ("{", '{"X-Team"', '{"X-Team": "7"}'):
            self.widget.form.rows["headers"].put(text)
        assert sent == []
        self.process_events(until=lambda: sent)
        assert sent == [Configuration(headers={"X-Team": "7"})]
        self.widget.commit()
        assert len(sent) == 1
        self.widget.form.rows["concurrency"].put(2)
        self.widget.settingsAboutToBePacked.emit()
        assert self.widget.values["concurrency"] == 2

    def test_a_key_entered_by_mistake_is_refused_and_not_kept(self) -> None:
        assert self.enter("env", MARKED) is None
        self.widget.form.rows["headers"].put(f'{{"X-Api-Key": "{MARKED}"}}')
        self.widget.base_url_edit.setCurrentText(f"https://user:{MARKED}@example.org/v1")
        self.widget.commit()
        assert self.widget.Error.invalid.is_shown()
        assert MARKED not in str(self.widget.Error.invalid)
        assert MARKED not in str(self.widget.settingsHandler.pack_data(self.widget))

    def test_a_plaintext_keyring_is_refused(self) -> None:
        # Orange itself installs this one, and a computer without a desktop takes it.
        keyring.set_keyring(PlaintextKeyring())
        assert self.enter("keyring", "endpoint/me") is None
        assert "keeps keys in plain text; use an environment variable" in str(self.widget.Error.invalid)

    def test_a_keyring_is_named_and_its_key_stays_there(self) -> None:
        keyring.set_keyring(GuardedKeyring())
        keyring.set_password("endpoint", "me", MARKED)
        sent = self.enter("keyring", "endpoint/me")
        assert sent is not None
        assert sent.credential == "keyring:endpoint/me"
        assert MARKED not in str(self.widget.settingsHandler.pack_data(self.widget))
        assert MARKED not in repr(sent)


def test_a_date_is_not_taken_from_the_only_text_column() -> None:
    remarks = StringVariable("remarks")
    assert propose_column(GetCostsAndUsage.fields()["start"], [remarks]) is None
    assert propose_column(CreateChatCompletion.fields()["prompt"], [remarks]) is remarks
