"""What two leads are compared by."""

from enum import StrEnum


class MatchField(StrEnum):
    """A column of the comparison; every value is a text or None."""

    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    FULL_NAME = "full_name"
    """Where a name could not be split; else None."""
    EMAIL = "email"
    PHONE = "phone"
    COMPANY = "company"
    DOMAIN = "domain"
    LINKEDIN = "linkedin"
    DATE_OF_BIRTH = "date_of_birth"
    NATIONAL_ID = "national_id"
    STREET = "street"
    """With the house number."""
    CITY = "city"
    POSTCODE = "postcode"
    REGION = "region"
