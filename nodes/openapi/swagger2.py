"""Swagger 2.0 as OpenAPI 3: https://swagger.io/specification/v2/."""

from collections.abc import Mapping
from typing import Any

__all__ = ["convert_swagger2"]

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
_STYLES = {
    "csv": ("form", False),
    "ssv": ("spaceDelimited", False),
    "tsv": ("tabDelimited", False),  # no style of OpenAPI 3, but requests are written by it all the same
    "pipes": ("pipeDelimited", False),
    "multi": ("form", True),
}
_KEPT = ("name", "in", "description", "required", "allowEmptyValue", "deprecated")
_FORM, _MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
_FLOWS = {
    "implicit": "implicit",
    "password": "password",
    "application": "clientCredentials",
    "accessCode": "authorizationCode",
}


def convert_swagger2(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return `data` as an OpenAPI 3 document.

    Definitions stay where they are, so that references to them still hold; parameters and responses are put in place
    of the references to them, because their form changes.
    """
    converter = _Converter(data)
    paths = {path: converter.path_item(item) for path, item in _object(data.get("paths")).items()}
    schemes = {name: _scheme(_object(raw)) for name, raw in _object(data.get("securityDefinitions")).items()}
    kept = {key: data[key] for key in ("info", "tags", "security", "definitions", "externalDocs") if key in data}
    return {
        **{key: value for key, value in data.items() if key.startswith("x-")},
        **kept,
        "openapi": "3.0.3",
        "x-swagger": str(data.get("swagger")),
        "servers": _servers(data),
        "paths": paths,
        "components": {"securitySchemes": schemes, "schemas": data.get("definitions") or {}},
    }


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _servers(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    host, base = str(data.get("host") or ""), str(data.get("basePath") or "/")
    if not host:
        return [{"url": base}] if base != "/" else []
    schemes = data.get("schemes") or ["https"]
    # A key must not travel unencrypted where there is a choice.
    return [{"url": f"{scheme}://{host}{base}".rstrip("/")} for scheme in sorted(schemes, key=lambda s: s != "https")]


def _scheme(raw: Mapping[str, Any]) -> dict[str, Any]:
    if raw.get("type") == "basic":
        return {"type": "http", "scheme": "basic", "description": raw.get("description", "")}
    if raw.get("type") != "oauth2":
        return dict(raw)
    flow = {
        new: raw[old]
        for old, new in (("authorizationUrl", "authorizationUrl"), ("tokenUrl", "tokenUrl"), ("scopes", "scopes"))
        if old in raw
    }
    return {
        "type": "oauth2",
        "description": raw.get("description", ""),
        "flows": {_FLOWS.get(str(raw.get("flow")), "implicit"): flow},
    }


class _Converter:
    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data = data

    def path_item(self, raw: Any) -> Any:
        item = _object(raw)
        shared = [self._in_place(parameter) for parameter in item.get("parameters") or ()]
        plain = [self._parameter(parameter) for parameter in shared if parameter.get("in") not in ("body", "formData")]
        rest = [parameter for parameter in shared if parameter.get("in") in ("body", "formData")]
        converted = {key: value for key, value in item.items() if key not in (*_METHODS, "parameters")}
        for method in _METHODS:
            if isinstance(item.get(method), Mapping):
                converted[method] = self._operation(item[method], rest)
        return {**converted, "parameters": plain}

    def _in_place(self, node: Any) -> Mapping[str, Any]:
        reference = _object(node).get("$ref")
        if isinstance(reference, str):
            group, _, name = reference.removeprefix("#/").partition("/")
            if group in ("parameters", "responses") and name in _object(self.data.get(group)):
                return _object(self.data[group][name])
        return _object(node)

    def _operation(self, raw: Mapping[str, Any], shared: list[Mapping[str, Any]]) -> dict[str, Any]:
        parameters = [self._in_place(parameter) for parameter in raw.get("parameters") or ()]
        names = {(parameter.get("in"), parameter.get("name")) for parameter in parameters}
        parameters += [one for one in shared if (one.get("in"), one.get("name")) not in names]
        consumes = raw.get("consumes") or self.data.get("consumes") or []
        produces = raw.get("produces") or self.data.get("produces") or ["application/json"]
        converted = {key: value for key, value in raw.items() if key not in ("consumes", "produces", "schemes")}
        converted["parameters"] = [self._parameter(p) for p in parameters if p.get("in") not in ("body", "formData")]
        if body := self._body(parameters, consumes):
            converted["requestBody"] = body
        converted["responses"] = {
            status: self._response(response, produces) for status, response in _object(raw.get("responses")).items()
        }
        return converted

    def _parameter(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        if "$ref" in raw:
            return dict(raw)
        converted = {key: raw[key] for key in _KEPT if key in raw}
        # A body's schema in a parameter's place is what some writers mean by OpenAPI 3.
        converted["schema"] = raw.get("schema") or _inline_schema(raw)
        if raw.get("type") == "array":
            converted["style"], converted["explode"] = _STYLES[_collection(raw)]
            if raw.get("in") in ("path", "header") and converted["style"] == "form":
                converted["style"] = "simple"
        return converted | {key: value for key, value in raw.items() if key.startswith("x-")}

    def _body(self, parameters: list[Mapping[str, Any]], consumes: list[str]) -> dict[str, Any] | None:
        bodies = [parameter for parameter in parameters if parameter.get("in") == "body"]
        fields = [parameter for parameter in parameters if parameter.get("in") == "formData"]
        if bodies:
            media = {"schema": bodies[0].get("schema") or {}}
            kinds = [kind for kind in consumes if kind not in (_FORM, _MULTIPART)] or ["application/json"]
            return {
                "description": bodies[0].get("description", ""),
                "required": bodies[0].get("required", False),
                "content": dict.fromkeys(kinds, media),
            }
        if not fields:
            return None
        files = any(parameter.get("type") == "file" for parameter in fields)
        kind = _MULTIPART if files or (_MULTIPART in consumes and _FORM not in consumes) else _FORM
        styles = {
            str(one.get("name")): dict(zip(("style", "explode"), _STYLES[_collection(one)], strict=True))
            for one in fields
            if one.get("type") == "array"
        }
        schema = {
            "type": "object",
            "properties": {
                str(one.get("name")): {**_inline_schema(one), "description": one.get("description", "")}
                for one in fields
            },
            "required": [str(one.get("name")) for one in fields if one.get("required")],
        }
        return {"required": bool(schema["required"]), "content": {kind: {"schema": schema, "encoding": styles}}}

    def _response(self, raw: Any, produces: list[str]) -> dict[str, Any]:
        response = self._in_place(raw)
        converted = {key: value for key, value in response.items() if key not in ("schema", "examples", "headers")}
        headers = {name: {"schema": header} for name, header in _object(response.get("headers")).items()}
        if isinstance(response.get("schema"), Mapping):
            examples = _object(response.get("examples"))
            converted["content"] = {
                kind: {"schema": response["schema"]} | ({"example": examples[kind]} if kind in examples else {})
                for kind in produces
            }
        return converted | ({"headers": headers} if headers else {})


def _collection(raw: Mapping[str, Any]) -> str:
    written = str(raw.get("collectionFormat") or "csv")
    return written if written in _STYLES else "csv"


def _inline_schema(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value
        for key, value in raw.items()
        if key not in ("name", "in", "required", "allowEmptyValue", "collectionFormat", "description")
    }
