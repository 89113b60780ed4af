"""The field by which a service tells end users apart when it looks for abuse."""

from typing import Any

from ...port_types.fields import optional

__all__ = ["safety_identifier_field"]


def safety_identifier_field(since: str = "0.1.0") -> Any:
    """Declare the field, which a node has since this version of the project."""
    return optional(
        "Safety identifier",
        "A hashed id of your end user, for the service's abuse monitoring.",
        pattern=r"(?s).{1,64}",
        pattern_help="a text of 1 to 64 characters",
        advanced=True,
        example="user-5f1c",
        since=since,
    )
