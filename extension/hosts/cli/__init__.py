"""The command line: ``endpoint-nodes``."""

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line and leave with its exit code."""
    try:
        from .app import app

        app()
    except KeyboardInterrupt:
        # Before a command has begun there is nothing to say about it.
        sys.exit(130)
