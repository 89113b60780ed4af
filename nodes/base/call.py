"""Calls: what one row makes of a node, ready to become a request; and the rows that its response becomes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...port_types.errors import BadResponse, InvalidInput
from ...port_types.files import File
from .hooks import NodeHooks
from .job import Job
from .request import Request
from .response import Response
from .route import Route

__all__ = ["Call"]


@dataclass(frozen=True, slots=True)
class Call:
    """What a node asks of a service for one row.

    Attributes:
        node: the node with its settings.
        values: wire name to value; a field that is off is not in it.
        extra_fields: what is sent beyond the fields.
        lacking: the field whose template lacks a value in this row, and the column; None if none does.
    """

    node: NodeHooks
    values: Mapping[str, Any]
    extra_fields: Mapping[str, Any]
    lacking: tuple[str, str] | None = None

    @property
    def model(self) -> str:
        """Id of the model that is asked for, "" if that is left to the service."""
        return str(self.values.get("model", ""))

    def missing(self) -> list[str]:
        """Return the names of required fields that have no value, and nothing in their place."""
        values = self.values
        return [
            name
            for name, field in self.node.required_fields().items()
            if name not in values and field.unless not in values
        ]

    def incomplete(self) -> str | None:
        """Return why the row is not complete, as a sentence; None if every value that is needed is there."""
        if self.lacking:
            field, column = self.lacking
            way_out = "give it one, or leave such rows out: `missing_values=skip`."
            return f"`{field}` lacks a value in the column {column!r}; {way_out}"
        if missing := self.missing():
            return f"`{missing[0]}` is missing; give it a value, or leave such rows out: `missing_values=skip`."
        return None

    def routes(self) -> Sequence[Route]:
        """Return the routes to try, in this order."""
        return self.node.choose_routes(self.values)

    def check_route(self, route: Route) -> str | None:
        """Return why this cannot be sent on `route`, as a sentence, None if it can."""
        return self.node.check_route(self.values, route)

    def media(self) -> dict[str, list[Any]]:
        """Return the files to be loaded, by field: bytes, paths, urls or whatever the row holds."""
        values = self.values
        return {
            name: values[name] if isinstance(values[name], list) else [values[name]]
            for name in self.node.media_fields()
            if name in values
        }

    def with_files(self, route: Route, files: Mapping[str, Sequence[File]]) -> "tuple[Call, list[str]]":
        """Return the call with its files as `route` takes them, and what was changed on them, in words.

        Args:
            route: where the files go.
            files: those that were loaded, by field.

        Raises:
            InvalidInput: a file does not fit and may not be changed; the sentence names the field and the file.
        """
        changes: list[str] = []
        fitted: dict[str, list[File]] = {}
        for name, loaded in files.items():
            fitted[name] = []
            for file in loaded:
                fit, changed = self._fit(name, file, route)
                fitted[name].append(fit)
                changes += changed
        self.node.check_files(fitted)
        fields = self.node.fields()
        values = {name: loaded if fields[name].many else loaded[0] for name, loaded in fitted.items()}
        return replace(self, values={**self.values, **values}), changes

    def check_file(self, name: str, file: File, routes: Sequence[Route]) -> None:
        """Check a file of the field `name` as far as that is quick.

        Raises:
            InvalidInput: none of `routes` takes it; the sentence names the field and the file.
        """
        problem: InvalidInput | None = None
        for route in routes:
            if not (rules := route.files.get(name)):
                return
            try:
                self.node.check_file(name, file, rules)
            except InvalidInput as error:
                problem = problem or _named(name, file, error)
            else:
                return
        if problem:
            raise problem

    def _fit(self, name: str, file: File, route: Route) -> tuple[File, list[str]]:
        rules = route.files.get(name)
        if not rules:
            return file, []
        try:
            return self.node.fit_file(name, file, rules)
        except InvalidInput as error:
            raise _named(name, file, error) from None

    def request(self, route: Route) -> Request:
        """Return the request for `route`; files must have been loaded.

        Raises:
            InvalidInput: the values do not go together.
        """
        return self.node.build_request(self.values, route, self.extra_fields)

    def job(self) -> Job | None:
        """Return the job that this creates, None if the response is the result."""
        return self.node.job_of(self.values)

    def next_page(self, response: Response) -> "Call | None":
        """Return the call for the page behind `response`, None if it is the last.

        Raises:
            BadResponse: what the service says about the next page cannot be.
        """
        values = self.node.next_page(self.values, response)
        if values == self.values:
            raise BadResponse("the service gave the page that was just read as the next one")
        return None if values is None else replace(self, values=values)

    def rows(self, response: Response) -> Sequence[Mapping[str, Any]]:
        """Return the result rows of a response with a status below 300; `Remote` values are still to be fetched.

        Raises:
            BadResponse: the response is not what the operation promises.
        """
        schema = self.node.result_schema()
        if self.node.result_format == "simplified":
            return schema.items(response, self.values)
        if self.node.result_format == "structured":
            return [schema.structure(response, self.values)]
        return [schema.raw(response)]


def _named(name: str, file: File, error: InvalidInput) -> InvalidInput:
    return InvalidInput(f"{name}: {file.name} cannot be sent: {error}.")
