"""The command line: ``endpoint-nodes``."""

__all__ = ["main"]


def main() -> None:
    """Run the command line and leave with its exit code."""
    from .app import app

    app()
