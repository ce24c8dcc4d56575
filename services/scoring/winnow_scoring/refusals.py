"""What callers are told, in the words that the API's documents use."""

from winnow_common.domains import InvalidDomain, registrable_domain
from winnow_common.errors import Problem, Violation


def invalid_domain() -> Problem:
    """What was sent names no company's site."""
    return Problem(400, "invalid_domain", "Invalid domain format")


def domain_not_found() -> Problem:
    """The tenant has no such company."""
    return Problem(404, "domain_not_found", "Domain not found")


def customer_not_found() -> Problem:
    """The company is no customer of the tenant."""
    return Problem(404, "customer_not_found", "The company is not among your customers.")


def rule_not_found() -> Problem:
    """The tenant has no such rule, or none that is published."""
    return Problem(404, "rule_not_found", "Scoring rule not found")


def version_not_found() -> Problem:
    """The rule has no such version."""
    return Problem(404, "rule_version_not_found", "The rule has no such version. GET its versions for those it has.")


def score_not_found() -> Problem:
    """The tenant has no such score."""
    return Problem(404, "score_not_found", "Score not found")


def model_expired() -> Problem:
    """The model that gave a score is kept no more, so nothing can be computed by it."""
    detail = (
        "The version of your similarity model that gave this score is kept no more, so the score cannot be computed "
        "again. GET it to see it as it was given."
    )
    return Problem(410, "model_expired", detail)


def import_not_found() -> Problem:
    """The tenant has no such import."""
    return Problem(404, "import_not_found", "Import not found")


def invalid_request(*errors: Violation) -> Problem:
    """The request says something that cannot be done; each error says where."""
    return Problem(422, "invalid_request", "The request is not valid; see errors.", errors=errors)


def domain_of(text: str) -> str:
    """The registrable domain; raises `Problem` where there is none."""
    try:
        return registrable_domain(text)
    except InvalidDomain:
        raise invalid_domain() from None


def is_storable(id: str) -> bool:
    """Whether some row may have this text as its id; PostgreSQL refuses NUL in parameters."""
    return "\0" not in id
