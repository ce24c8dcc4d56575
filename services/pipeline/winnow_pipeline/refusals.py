"""What callers are told, in the words that the API's documents use."""

from winnow_common.errors import Problem, Violation


def upload_not_found() -> Problem:
    """The tenant has no such file."""
    return Problem(404, "upload_not_found", "There is no such upload. POST the file to /api/upload first.")


def upload_gone() -> Problem:
    """The file was deleted: its batch is done, or it waited for too long."""
    detail = "The file was deleted, because its batch is done or it waited for too long. POST it to /api/upload again."
    return Problem(404, "upload_deleted", detail)


def batch_not_found() -> Problem:
    """The tenant has no such batch."""
    return Problem(404, "batch_not_found", "There is no such batch. GET /api/batches for those there are.")


def batch_not_over() -> Problem:
    """The batch goes on."""
    return Problem(409, "batch_not_over", "The batch is not over yet. GET /api/batches/{batch_id} says how far it is.")


def batch_over() -> Problem:
    """There is nothing to stop."""
    return Problem(409, "batch_over", "The batch is over already, so that there is nothing to cancel.")


def batch_failed() -> Problem:
    """The file could not be read, so that there are no rows."""
    detail = "The file could not be processed, so that there are no rows. GET the batch for the reason."
    return Problem(409, "batch_failed", detail)


def nothing_failed() -> Problem:
    """No row of the batch can be tried again."""
    return Problem(409, "nothing_to_retry", "No row of the batch has failed, so that there is nothing to retry.")


def lead_not_found() -> Problem:
    """The tenant has no such lead."""
    return Problem(404, "lead_not_found", "There is no such lead. GET /v1/leads for those there are.")


def not_a_duplicate() -> Problem:
    """The lead stands for itself."""
    return Problem(409, "not_a_duplicate", "The lead is not a duplicate, so that there is nothing to undo.")


def invalid_request(*errors: Violation) -> Problem:
    """The request says something that cannot be done; each error says where."""
    return Problem(422, "invalid_request", "The request is not valid; see errors.", errors=errors)
