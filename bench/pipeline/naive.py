"""What a plain loop does: parse the file, ask phonenumbers and email-validator about every row, and COPY the rows."""

import csv
import time
from pathlib import Path

import asyncpg
import phonenumbers
from email_validator import EmailNotValidError, validate_email

COLUMNS = ("first_name", "last_name", "email", "phone", "valid_email", "valid_phone")


async def naive(path: Path, url: str) -> float:
    """Seconds that the loop takes for a file of `lead_files`, on one core and one connection."""
    connection = await asyncpg.connect(url)
    await connection.execute(
        "CREATE TEMPORARY TABLE naive (first_name text, last_name text, email text, phone text,"
        " valid_email boolean, valid_phone boolean)"
    )
    began = time.perf_counter()
    with path.open(newline="", encoding="utf-8") as file:
        rows = [_row(row) for row in csv.DictReader(file)]
    await connection.copy_records_to_table("naive", records=rows, columns=COLUMNS)
    seconds = time.perf_counter() - began
    await connection.close()
    return seconds


def _row(row: dict[str, str]) -> tuple[str, str, str, str, bool, bool]:
    email, phone = row["Email"], row["Phone Number"]
    return row["First Name"], row["Last Name"], email, phone, _is_email(email), _is_phone(phone)


def _is_email(text: str) -> bool:
    try:
        validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


def _is_phone(text: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, "US"))
    except phonenumbers.NumberParseException:
        return False
