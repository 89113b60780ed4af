"""What the file of a node may say, beyond its fields, and what holds where it says nothing."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from ...port_types.configuration import Configuration
from ...port_types.fields import FieldKind
from ...port_types.files import File, FileRules
from ...port_types.table import Column
from .bundling import Bundling
from .job import Job
from .media.audio import check_audio
from .media.completeness import check_image
from .media.files import check_any_file
from .media.images import Fit, fit_image
from .node_settings import NodeSettings
from .request import Request
from .response import Response
from .result_schema import ResultSchema
from .route import Body, Route
from .rules import apply_wire_aliases, first_violation

__all__ = ["NodeHooks"]

_CHECKS = {FieldKind.AUDIO: check_audio, FieldKind.FILE: check_any_file}
"""What looks at files that are sent as they are; images may have to be made to fit."""


class NodeHooks(NodeSettings):
    """The hooks of a node. `values` are those of one row: wire name to value, without the fields that are off."""

    short_name: ClassVar[str] = ""
    """Name of the Python function that runs it, where the node's id without "create_" is not what people say."""

    search_terms: ClassVar[tuple[str, ...]] = ()
    """What people call the operation, or the models that do it: "tts", "whisper"; hosts find the node by them."""

    routes: ClassVar[tuple[Route, ...]]
    """Every route that a setting may lead to, the usual one first."""

    response: ClassVar[ResultSchema]
    """How responses become rows, as long as no setting changes that."""

    icon: ClassVar[str] = ""
    """Path of a PNG file, for hosts that show icons; "" takes one of the host's own."""

    bundling: ClassVar[Bundling | None] = None
    """How several rows share one request, where they can."""

    job: ClassVar[Job | None] = None
    """How the job is polled that the operation creates, for an operation whose response is not the result."""

    openai: ClassVar[bool] = False
    """Whether OpenAI has the operation, so that its own documents and client must agree with the node."""

    @classmethod
    def function_name(cls) -> str:
        """Return the name of the Python function that runs the node: "chat", "image_variation"."""
        return cls.short_name or cls.id().removeprefix("create_")

    def choose_routes(self, values: Mapping[str, Any]) -> Sequence[Route]:
        """Return the routes that can do this, best first; each next is for services that lack the one before."""
        return self.routes[:1]

    def job_of(self, values: Mapping[str, Any]) -> Job | None:
        """Return the job that `values` create, None if the response is the result."""
        return self.job

    def check_route(self, values: Mapping[str, Any], route: Route) -> str | None:
        """Return why `values` cannot be sent on `route`, as a sentence, None if they can; some may be missing yet."""
        if self.extra_fields and route.body is Body.NONE:
            return f"`extra_fields` is set, but {self.label()} sends no body; leave it out."
        if route.ruled_fields.isdisjoint(values):
            return None
        return first_violation(route.rules, values, route.name)

    def payload(self, values: Mapping[str, Any], route: Route) -> dict[str, Any]:
        """Return what is sent on `route`, by wire name; files must have been loaded."""
        return apply_wire_aliases(route.aliases, values)

    def build_request(self, values: Mapping[str, Any], route: Route, extra_fields: Mapping[str, Any]) -> Request:
        """Return the request for `route`, with `extra_fields` in its body; files must have been loaded.

        Raises:
            InvalidInput: the values do not go together.
        """
        return Request(route, {**self.payload(values, route), **extra_fields})

    def page_limit(self) -> int | None:
        """Return how many pages of a list are read for one row, None for all of them."""
        return 1

    def next_page(self, values: Mapping[str, Any], response: Response) -> Mapping[str, Any] | None:
        """Return the values that ask for the page behind `response`, None if it is the last.

        Raises:
            BadResponse: what the service says about the next page cannot be.
        """
        return None

    def fit_file(self, name: str, file: File, rules: FileRules) -> tuple[File, list[str]]:
        """Return a file of the field `name` as `rules` want it, and what was changed, in words.

        Raises:
            InvalidInput: it does not fit and may not be changed; the sentence starts with "it".
        """
        if look := _CHECKS.get(self.fields()[name].kind):
            return look(file, rules), []
        return fit_image(file, rules, self.fit_mode())

    def check_file(self, name: str, file: File, rules: FileRules) -> None:
        """Check what can be seen of a file of the field `name` quickly, without making it fit.

        Raises:
            InvalidInput: it can certainly not be sent; the sentence starts with "it".
        """
        if look := _CHECKS.get(self.fields()[name].kind):
            look(file, rules)
            return
        check_image(file.data)
        if self.fit_mode() == "refuse":
            self.fit_file(name, file, rules)

    def fit_mode(self) -> Fit:
        """Return what becomes of an image that does not fit: refuse, convert, pad or crop."""
        return "refuse"

    def check_files(self, files: Mapping[str, Sequence[File]]) -> None:
        """Check what the files of one request, by field, must have in common.

        Raises:
            InvalidInput: they do not go together; the sentence names the field and the file.
        """

    def bundle_size(self) -> int:
        """Return how many rows may share one request."""
        return 1

    @classmethod
    def service_defaults(cls) -> dict[str, Any]:
        """Return the settings of a Configuration that the service of this node has where nothing else is said."""
        return {}

    @classmethod
    def at_service(cls, configuration: Configuration) -> Configuration:
        """Return `configuration` with what it leaves open said as the service of this node has it.

        Raises:
            InvalidSetting: it holds a key for another service than the node's.
        """
        return configuration

    def apply_configuration(self, configuration: Configuration) -> Self:
        """Return the node with what a Configuration says for all operations of its service.

        Raises:
            InvalidSetting: neither of them says a value that is needed.
        """
        return self

    def result_schema(self) -> ResultSchema:
        """Return how responses become rows, given the settings."""
        return self.response

    def provenance_columns(self) -> tuple[Column, ...]:
        """Return the columns about how a row was made that this node always has."""
        return ()
