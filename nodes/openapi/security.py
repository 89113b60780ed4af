"""From a document's security schemes to how a Configuration's credential is sent."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .descriptions import OperationDescription
from .document import Document, PathOperation, mapping
from .parameters import is_credential

__all__ = ["Authentication", "read_authentication"]

AuthenticationKind = Literal["bearer", "basic", "header", "query", "cookie", "oauth2"]
_PLACES: dict[str, AuthenticationKind] = {"header": "header", "query": "query", "cookie": "cookie"}


@dataclass(frozen=True)
class Authentication:
    """How a credential is sent; the words are those of a Configuration.

    Attributes:
        kind: "bearer", "basic", "header", "query", "cookie" or "oauth2".
        name: of the header, query parameter or cookie; "" for the others.
        token_url: where "oauth2" asks for tokens.
        scopes: that it asks for.
    """

    kind: AuthenticationKind
    name: str = ""
    token_url: str = ""
    scopes: tuple[str, ...] = ()


def read_authentication(
    document: Document, operation: PathOperation, description: OperationDescription
) -> Authentication | None:
    """Return how the credential of an operation is sent, None if it needs none or the document does not say.

    Of several alternatives it is the first that one credential is enough for.
    """
    schemes = document.component("securitySchemes")
    for requirement in sorted(description.security, key=len):
        for name, scopes in requirement.items():
            found = _read_scheme(document.resolve(schemes.get(name)), scopes)
            if found:
                return found
    return None if description.security else next(_from_parameters(document, operation), None)


def _read_scheme(scheme: Mapping[str, Any], scopes: Sequence[str]) -> Authentication | None:
    kind, name = scheme.get("type"), str(scheme.get("name") or "")
    if kind == "apiKey" and scheme.get("in") in _PLACES and name:
        if name.lower() == "authorization":
            prefix = "Bearer" if "bearer" in str(scheme.get("description")).lower() else ""
            return Authentication("bearer") if prefix else Authentication("header", name)
        return Authentication(_PLACES[str(scheme["in"])], name)
    if kind == "http":
        return Authentication("basic" if str(scheme.get("scheme")).lower() == "basic" else "bearer")
    if kind == "oauth2":
        flow = mapping(mapping(scheme.get("flows")).get("clientCredentials"))
        if token_url := flow.get("tokenUrl"):
            return Authentication("oauth2", token_url=str(token_url), scopes=tuple(scopes))
        # The other flows need a person at a browser; the token they end with is the credential.
        return Authentication("bearer")
    return Authentication("bearer") if kind == "openIdConnect" else None


def _from_parameters(document: Document, operation: PathOperation) -> Iterator[Authentication]:
    """Yield what parameters say that carry the key, for documents that declare no security."""
    for listed in (operation.raw.get("parameters"), operation.item.get("parameters")):
        for node in listed if isinstance(listed, list) else ():
            parameter = document.resolve(node)
            name, place = str(parameter.get("name") or ""), str(parameter.get("in"))
            if place in _PLACES and is_credential(document, name, place, parameter.get("description")):
                plain = name.lower() == "authorization"
                yield Authentication("bearer") if plain else Authentication(_PLACES[place], name)
