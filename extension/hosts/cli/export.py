"""The command that saves the images and recordings of a finished result as files."""

from pathlib import Path

import click

from ....port_types.errors import InvalidInput
from .exits import end

__all__ = ["export"]


@click.command("export")
@click.argument("result", metavar="RESULT")
@click.argument("folder", metavar="FOLDER")
@click.option(
    "--name",
    default="",
    metavar="PATTERN",
    help="Names of the files, such as '{sku}_{index}'; {number} is the row's number.",
)
@click.option("--overwrite", is_flag=True, help="Replace files in FOLDER that are not from a run.")
def export(result: str, folder: str, name: str, overwrite: bool) -> None:
    """Save the images and recordings of RESULT, a .parquet, .arrow or .feather table of a run, as files in FOLDER."""
    end(lambda: _export(Path(result), Path(folder), name, overwrite=overwrite))


def _export(result: Path, folder: Path, name: str, *, overwrite: bool) -> None:
    import pyarrow as pa
    import pyarrow.dataset

    from ..kit.progress import count
    from ..kit.result_files import open_media_files

    if not result.is_file():
        raise InvalidInput(f"The result {result} does not exist.")
    suffix = result.suffix.lower()
    if suffix not in (".parquet", ".arrow", ".feather"):
        raise InvalidInput(f"{result} is not a result that holds files: .parquet, .arrow or .feather is needed.")
    try:
        table = pa.dataset.dataset(result, format="parquet" if suffix == ".parquet" else "feather")
        files = open_media_files(folder, table.schema, name, overwrite=overwrite)
        for batch in table.to_batches(batch_size=16, batch_readahead=1, fragment_readahead=1):
            for row in batch.to_pylist():
                files.save(row)
    except (pa.ArrowException, OSError) as error:
        raise InvalidInput(f"The result {result} cannot be read ({error}).") from None
    click.echo(f"{count(files.saved, 'file')}: {folder}")
