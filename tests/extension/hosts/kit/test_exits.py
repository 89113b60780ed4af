"""Exit codes follow the reasons of errors, in one table."""

from endpoint_nodes.extension.hosts.kit.exits import Exit, exit_code
from endpoint_nodes.port_types.errors import InvalidInput, RequestFailed, RunStopped, StopReason


def test_every_reason_to_stop_has_an_exit_code_of_its_kind() -> None:
    codes = {reason: exit_code(RunStopped("It ended.", reason), requests=3) for reason in StopReason}
    assert codes == {
        StopReason.CREDENTIALS: Exit.REFUSED,
        StopReason.QUOTA: Exit.REFUSED,
        StopReason.ROUTE: Exit.REFUSED,
        StopReason.MODEL: Exit.REFUSED,
        StopReason.REFUSED: Exit.REFUSED,
        StopReason.CERTIFICATE: Exit.REFUSED,
        StopReason.BUDGET: Exit.BUDGET,
        StopReason.STORAGE: Exit.STORAGE,
        StopReason.PENDING: Exit.PENDING,
        StopReason.CANCELLED: Exit.CANCELLED,
    }


def test_an_error_before_the_first_request_is_bad_usage() -> None:
    assert exit_code(InvalidInput("There is no such file.")) is Exit.BAD_USAGE
    assert exit_code(RequestFailed("Row 3: the service cannot be reached.")) is Exit.FAILED_ROWS
    assert exit_code(InvalidInput("Row 3: it is damaged."), requests=1) is Exit.FAILED_ROWS
