"""Files are read as they are written, whatever wrote them, from any record on; what is none is refused in words."""

import csv
import gzip
import io
import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from winnow_pipeline.files.detection import Detected, detect
from winnow_pipeline.files.failures import Unreadable
from winnow_pipeline.files.limits import PIECE
from winnow_pipeline.files.mapping import check_mapping
from winnow_pipeline.files.presets import load_presets
from winnow_pipeline.files.reading import Checkpoint, read_rows
from winnow_pipeline.files.source import MemorySource
from winnow_pipeline.leads import RawRow

from .data import DATA

PRESETS = load_presets(None)
HEADER = ["Email", "First Name", "Company", "Notes"]


async def looked_at(content: bytes, *, name: str = "leads.csv", mapping: dict[str, str] | None = None) -> Detected:
    return await detect(MemorySource(content), file_name=name, mapping=mapping, presets=PRESETS)


async def read(content: bytes, *, name: str = "leads.csv", at_once: int = 1000) -> list[RawRow]:
    detected = Detected.from_json((await looked_at(content, name=name)).to_json())
    return [
        row
        async for part in read_rows(MemorySource(content), detected, start=None, rows_per_batch=at_once)
        for row in part.rows
    ]


def table(rows: Sequence[Sequence[str]], *, delimiter: str = ",", end: str = "\r\n") -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=end).writerows([HEADER, *rows])
    return text.getvalue()


def cells(rows: Sequence[RawRow]) -> list[list[str]]:
    named = [{**row.values, **row.source} for row in rows]
    return [[row.get(name, "") for name in ("email", "first_name", "company", "Notes")] for row in named]


PEOPLE = [
    ["ada@example.com", "Ada", "Zoë & Söhne", 'says "yes",\nthen no'],
    ["bob@example.com", "Bob", "Ünlü A.Ş.", "=2+5"],
    ["eve@example.com", "Ève", "Company", "x"],
]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
async def test_dialects_and_encodings_are_told(delimiter: str, end: str, encoding: str) -> None:
    people = [[cell.replace("\n", " ") for cell in row] for row in PEOPLE]

    assert cells(await read(table(people, delimiter=delimiter, end=end).encode(encoding))) == people


@pytest.mark.parametrize("encoding", ["cp1252", "mac-roman", "latin-1"])
async def test_encodings_of_a_byte_a_letter_are_told(encoding: str) -> None:
    rows = [[f"p{number}@example.com", "Jürgen", "Müller Größe Café", "né"] for number in range(20)]

    assert cells(await read(table(rows).encode(encoding))) == rows


async def test_a_preamble_and_a_line_that_names_the_delimiter_are_passed_over() -> None:
    text = "sep=;\r\n" + table(PEOPLE, delimiter=";")
    report = "Report of May\r\n\r\nmade by nobody\r\n" + table(PEOPLE)

    assert cells(await read(text.encode())) == PEOPLE
    found = await looked_at(report.encode())
    assert (found.skipped_lines, cells(await read(report.encode()))) == (3, PEOPLE)


async def test_a_file_without_headers_is_known_by_what_stands_in_it() -> None:
    rows = [f"Ada Byron,ada{number}@example.com,+49 30 123456{number}" for number in range(5)]

    found = await looked_at("\n".join(rows).encode())

    assert not found.has_header
    assert [column.field for column in found.columns] == ["full_name", "email", "phone"]


async def test_duplicate_and_missing_headers_have_names_of_their_own() -> None:
    found = await looked_at(b"Email,Note,,Note\na@example.com,1,2,3\n")

    assert [column.header for column in found.columns] == ["Email", "Note", "column_3", "Note_2"]


async def test_bad_rows_are_told_by_line_and_the_others_go_on() -> None:
    content = b'Email,Name\na@example.com,A\nb@example.com,B,C,D\nc@example.com,"never closed\nd@example.com,D\n'

    rows = await read(content)

    assert [(row.number, row.line, row.reason and row.reason.code) for row in rows] == [
        (1, 2, None),
        (2, 3, "too_many_cells"),
        (3, 4, "unclosed_quote"),
        (4, 5, None),
    ]


async def test_mapping_overrides_what_was_recognised() -> None:
    found = await looked_at(b"Email,Kontakt\nx,a@example.com\n", mapping={"Kontakt": "email", "Email": ""})

    assert [(column.field, column.by) for column in found.columns] == [(None, "mapping"), ("email", "mapping")]
    with pytest.raises(Unreadable, match="unknown_column"):
        await looked_at(b"Email\na@example.com\n", mapping={"Nobody": "email"})
    with pytest.raises(ValueError, match="no such field"):
        check_mapping({"Email": "e_mail"})


@pytest.mark.parametrize(
    ("headers", "vendor"),
    [
        ("First Name,Last Name,URL,Email Address,Company,Position,Connected On", "linkedin_connections"),
        ("id,created_time,ad_id,form_name,full_name,email,phone_number,company_name", "meta_lead_ads"),
        ("Person - Name,Person - Email,Organization - Name,Deal - Title", "pipedrive"),
    ],
)
async def test_exports_of_vendors_are_known(headers: str, vendor: str) -> None:
    found = await looked_at(f"{headers}\n{','.join('x' for _ in headers.split(','))}\n".encode())

    assert f"preset:{vendor}" in {column.by for column in found.columns}


async def test_a_user_adds_presets(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('[own]\n"A1" = "email"\n"B1" = "company"\n"C1" = "custom.score"\n')
    presets = load_presets(tmp_path)

    found = await detect(MemorySource(b"A1,B1,C1\n1,2,3\n"), file_name="x.csv", mapping=None, presets=presets)

    assert [column.field for column in found.columns] == ["email", "company", "custom.score"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"\xef\xbb\xbf \r\n\r\n", "empty_file"),
        (b"  <!DOCTYPE HTML><html><title>Log in</title></html>", "html_page"),
        (b"%PDF-1.4", "unknown_format"),
        (b"PK\x03\x04 nothing", "damaged_workbook"),
        (b"<?xml version='1.0'?><leads/>", "unknown_format"),
        (b"alpha,beta\n1,2\n", "no_contact_column"),
        (b'[{"email": "a@example.com"}, oops', "invalid_json"),
        (b"[]", "empty_file"),
        (gzip.compress(b"Email,Name\n" + b"a@example.com,A\n" * 2_000_000), "compression_bomb"),
        (gzip.compress(b"Email\n" + b"a@example.com\n" * 1000)[:-9], "truncated_file"),
    ],
    ids=lambda value: value if isinstance(value, str) else "bytes",
)
async def test_what_is_no_list_of_leads_is_refused_in_words(content: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as refused:
        await read(content, name="leads")

    assert refused.value.code == code
    assert refused.value.detail.endswith(".")


async def test_json_and_ndjson_and_gzip_are_read() -> None:
    people = [{"email": "a@example.com", "company": {"name": "A"}, "tags": ["x", "y"], "n": 1.5, "nothing": None}]
    wanted = {"email": "a@example.com", "tags": "x;y", "company": "A"}

    for content, name in (
        (json.dumps(people), "a.json"),
        (json.dumps({"meta": {}, "leads": people}), "a.json"),
        ("\n".join(json.dumps(each) for each in people), "a.ndjson"),
    ):
        for packed in (content.encode(), gzip.compress(content.encode())):
            [row] = await read(packed, name=name)
            assert dict(row.values) == wanted
            assert dict(row.source) == {"n": "1.5"}


async def test_ten_thousand_columns_and_a_cell_of_a_mebibyte_are_read() -> None:
    wide = ",".join(["Email", *(f"c{number}" for number in range(9_999))]) + "\n" + "a@example.com" + "," * 9_999
    long = b"Email,Notes\na@example.com," + b"x" * (1024 * 1024) + b"\nb@example.com,\n"

    assert (await read(wide.encode()))[0].values == {"email": "a@example.com"}
    assert [len(row.source.get("Notes", "")) for row in await read(long)] == [1024 * 1024, 0]


ANOTHER_NUMBER = ("location_coordinates", "Contact Phone Number")
"""The truth of this file has another telephone number than the file."""


def spectrum() -> list[str]:
    return sorted(path.stem for path in (DATA / "csv_spectrum" / "csvs").glob("*.csv"))


@pytest.mark.parametrize("name", spectrum())
async def test_files_of_the_spectrum_are_read_as_their_truth_says(name: str) -> None:
    content = (DATA / "csv_spectrum" / "csvs" / f"{name}.csv").read_bytes()
    told = orjson.loads((DATA / "csv_spectrum" / "json" / f"{name}.json").read_bytes())
    truth = told if isinstance(told, list) else [told]
    mapping = {next(iter(truth[0])): "external_id", list(truth[0])[-1]: "company"}
    detected = await detect(MemorySource(content), file_name="x.csv", mapping=mapping, presets=PRESETS)

    rows = [
        {"external_id": "", **row.values, **row.source}
        async for part in read_rows(MemorySource(content), detected, start=None, rows_per_batch=10)
        for row in part.rows
    ]

    names = {column.header: column.field or column.header for column in detected.columns}
    wanted = [header for header in truth[0] if (name, header) != ANOTHER_NUMBER]
    assert [{header: row.get(names[header], "") for header in wanted} for row in rows] == [
        {header: each[header].strip() for header in wanted} for each in truth if any(each.values())
    ]


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters='"\x85'), max_size=12)
ROWS = st.lists(st.tuples(TEXT, TEXT, TEXT), min_size=1, max_size=40)


def stripped(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    kept = [[cell.strip() for cell in row] for row in rows]
    return [row for row in kept if any(row)]


@given(rows=ROWS, encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), at_once=st.integers(1, 9))
@settings(max_examples=60, deadline=None)
async def test_what_python_writes_is_read_back(rows: list[tuple[str, str, str]], encoding: str, at_once: int) -> None:
    written = [[f"p{number}@example.com", *row] for number, row in enumerate(rows)]

    assert cells(await read(table(written).encode(encoding), at_once=at_once)) == stripped(written)


@given(rows=ROWS, at_once=st.integers(1, 7), packed=st.booleans(), kind=st.sampled_from(["csv", "json", "ndjson"]))
@settings(max_examples=60, deadline=None)
async def test_reading_goes_on_from_every_checkpoint(
    rows: list[tuple[str, str, str]], at_once: int, packed: bool, kind: str
) -> None:
    people = [
        {"Email": f"p{n}@example.com", "First Name": a, "Company": b, "Notes": c} for n, (a, b, c) in enumerate(rows)
    ]
    texts = {
        "csv": table([list(each.values()) for each in people]),
        "json": json.dumps(people),
        "ndjson": "\n".join(json.dumps(each) for each in people),
    }
    content = gzip.compress(texts[kind].encode()) if packed else texts[kind].encode()
    detected = await detect(MemorySource(content), file_name=f"x.{kind}", mapping=None, presets=PRESETS)
    parts = [part async for part in read_rows(MemorySource(content), detected, start=None, rows_per_batch=at_once)]
    straight = [row for part in parts for row in part.rows]

    for place, part in enumerate(parts[:-1]):
        start = Checkpoint.from_json(part.checkpoint.to_json())
        again = [
            row
            async for more in read_rows(MemorySource(content), detected, start=start, rows_per_batch=at_once)
            for row in more.rows
        ]
        assert again == straight[sum(len(each.rows) for each in parts[: place + 1]) :]
    assert [row.number for row in straight] == list(range(1, len(straight) + 1))
    assert parts[-1].last


@given(content=st.binary(max_size=2000), name=st.sampled_from(["a.csv", "a.json", "a.xlsx", "a.csv.gz"]))
@settings(max_examples=300, deadline=None)
async def test_no_bytes_at_all_break_the_reader(content: bytes, name: str) -> None:
    for bytes_of_it in (
        content,
        b"Email,Name\n" + content,
        gzip.compress(content),
        b"[" + content,
        b'{"email":' + content,
    ):
        with suppress(Unreadable):
            rows = await read(bytes_of_it, name=name)
            assert [row.number for row in rows] == list(range(1, len(rows) + 1))


async def test_naughty_strings_come_through_as_they_are() -> None:
    naughty = [
        text
        for text in orjson.loads((DATA / "naughty_strings" / "blns.json").read_bytes())
        if text.strip() and not set(text) & set("\r\n\x00\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
    ]
    rows = [[f"p{number}@example.com", "A", "B", text] for number, text in enumerate(naughty)]

    assert cells(await read(table(rows).encode("utf-8", "replace"))) == stripped(rows)


async def test_memory_holds_a_piece_and_no_file() -> None:
    line = b"p@example.com,Ada,Company,note\n"

    class Endless(MemorySource):
        """Far more than anybody holds, made as it is read."""

        size = 512 * 1024 * 1024

        async def read(self, offset: int = 0):  # type: ignore[no-untyped-def]
            piece = b",".join(name.encode() for name in HEADER) + b"\n" if offset == 0 else b""
            for _ in range(40):
                piece += line * (PIECE // len(line))
                yield piece
                piece = b""

    detected = await detect(Endless(b""), file_name="x.csv", mapping=None, presets=PRESETS)
    most = 0
    async for part in read_rows(Endless(b""), detected, start=None, rows_per_batch=500):
        most = max(most, len(part.rows))

    assert most == 500
