"""Readings of a telephone number that somebody who asks about a person gives."""

import phonenumbers

from winnow_pipeline.contacts import phones
from winnow_pipeline.leads import PhoneStatus


def normalized_phones(text: str) -> list[str]:
    """The number as it may have been stored: in E.164 where it says its country, as given, and by every country."""
    given = text.strip()
    found = [given, phones.read(given, region=None).text]
    if not given.startswith(("+", "00")):
        for region in sorted(phonenumbers.SUPPORTED_REGIONS):
            number = phones.read(given, region=region)
            if number.status is not PhoneStatus.INVALID:
                found.append(number.text)
    return list(dict.fromkeys(found))
