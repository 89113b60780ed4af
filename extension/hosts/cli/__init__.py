"""The command line: ``endpoint-nodes``."""

import signal
import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line and leave with its exit code; a service manager's SIGTERM ends it as Ctrl-C does."""
    try:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        from .app import app

        app()
    except KeyboardInterrupt:
        # Before a command has begun there is nothing to say about it.
        sys.exit(130)
