"""Files of companies are read row by row, from anywhere on, in pieces of any size, and say what is wrong where."""

import csv
import io
import json
import os
from collections.abc import Iterable
from itertools import accumulate, pairwise
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from winnow_contracts.companies import CompanyAttributes
from winnow_contracts.company_files import csv_header, csv_row, ndjson_row
from winnow_scoring.files.companies import Checkpoint, CompanyFile
from winnow_scoring.files.csv_rows import Lines, rows
from winnow_scoring.files.records import LARGEST_RECORD, Unreadable
from winnow_scoring.files.rows import Accepted, Rejected
from winnow_scoring.profiles import Profile

DATA = Path(os.environ.get("WINNOW_DATA", Path(__file__).parents[3] / "shared" / "data"))

CSV = "text/csv"
NDJSON = "application/x-ndjson"
JSON = "application/json"


def read(
    content: bytes,
    content_type: str = CSV,
    *,
    mapping: dict[str, str] | None = None,
    pieces: Iterable[int] = (),
    start: Checkpoint | None = None,
) -> list[Accepted | Rejected]:
    """All rows of a file that arrives in pieces of these sizes, and then the rest."""
    file = CompanyFile(content_type, mapping=mapping, start=start or Checkpoint.start())
    found: list[Accepted | Rejected] = []
    at = 0
    for size in pieces:
        found += file.feed(content[at : at + size])
        at += size
    found += file.feed(content[at:])
    found += file.finish()
    return found


def shown(found: Iterable[Accepted | Rejected]) -> list[tuple[int, object]]:
    """Rows as number and what came of them."""
    return [
        (row.number, {"domain": row.domain, **row.profile.attributes} if isinstance(row, Accepted) else row.reason)
        for row in found
    ]


# What a row may look like


def test_csv_names_are_attributes_and_lists_are_separated_by_semicolons() -> None:
    content = b"domain,name,employees,technologies,confidence\nacme.com,Acme,120,Stripe; React,0.93\n"
    assert shown(read(content)) == [
        (
            2,
            {
                "domain": "acme.com",
                "name": "Acme",
                "employees": 120,
                "technologies": ["Stripe", "React"],
                "confidence": 0.93,
            },
        )
    ]


@pytest.mark.parametrize("content_type", [CSV, NDJSON, JSON])
def test_contacts_become_known_on_reading(content_type: str) -> None:
    contents = {
        CSV: b"domain,email,phone,linkedin\nacme.com,ada@acme.com,,false\n",
        NDJSON: b'{"domain":"acme.com","email":"ada@acme.com","phone":"","linkedin":false}\n',
        JSON: b'[{"domain":"acme.com","email":"ada@acme.com","phone":null,"linkedin":false}]',
    }
    [(_, company)] = shown(read(contents[content_type], content_type))
    assert company == {"domain": "acme.com", "email": True, "linkedin": False}


@pytest.mark.parametrize("name", ["website", "Website", "URL", "domain", " Domain "])
def test_a_url_under_any_name_of_a_domain_gives_the_domain(name: str) -> None:
    content = f"{name},name\nhttps://www.acme.co.uk/about?x=1,Acme\n".encode()
    assert shown(read(content)) == [(2, {"domain": "acme.co.uk", "name": "Acme"})]


def test_a_domain_column_is_preferred_to_a_website() -> None:
    content = b"website,domain\nhttps://other.com,acme.com\n"
    assert shown(read(content)) == [(2, {"domain": "acme.com"})]


def test_own_attributes_are_numbers_and_truths_where_they_read_like_them() -> None:
    content = b"domain,custom.Seats,custom.zip,custom.live,custom.note\nacme.com,12,01234,true,-\n"
    assert shown(read(content)) == [
        (2, {"domain": "acme.com", "custom": {"Seats": 12, "zip": "01234", "live": True, "note": "-"}})
    ]


def test_a_mapping_names_the_columns_and_leaves_out_the_others() -> None:
    content = b"id,Website,team_size,tags\n1,http://acme.com,12,a;b\n"
    mapping = {"website": "domain", "team_size": "custom.team"}
    assert shown(read(content, mapping=mapping)) == [(2, {"domain": "acme.com", "custom": {"team": 12}})]


@pytest.mark.parametrize("content_type", [NDJSON, JSON])
def test_a_mapping_names_the_members_of_json_rows(content_type: str) -> None:
    row = b'{"Site":"acme.com","n":"Acme","other":[1]}'
    content = row if content_type == NDJSON else b"[" + row + b"]"
    found = read(content, content_type, mapping={"Site": "domain", "n": "name"})
    assert [row[1] for row in shown(found)] == [{"domain": "acme.com", "name": "Acme"}]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_dialects_are_found_out(delimiter: str, line_end: str, mark: str) -> None:
    lines = ["domain|name", '"acme.com"|"Acme, Inc; ""the"" one"', "", "beta.com|Béta"]
    content = (mark + line_end.join(lines).replace("|", delimiter)).encode()
    assert shown(read(content)) == [
        (2, {"domain": "acme.com", "name": 'Acme, Inc; "the" one'}),
        (4, {"domain": "beta.com", "name": "Béta"}),
    ]


def test_lines_are_those_of_the_file_when_values_have_line_ends() -> None:
    content = b'domain,description\nacme.com,"one\ntwo\r\nthree"\n\n , \nbeta.com,x\nnope,y\n'
    assert shown(read(content)) == [
        (2, {"domain": "acme.com", "description": "one\ntwo\r\nthree"}),
        (7, {"domain": "beta.com", "description": "x"}),
        (8, "domain is not valid: a single label"),
    ]


def test_a_cell_that_a_spreadsheet_would_run_comes_back_as_text() -> None:
    content = b"domain,name\nacme.com,'=1+1\nbeta.com,'tis\n"
    assert [row[1]["name"] for row in shown(read(content))] == ["=1+1", "'tis"]  # type: ignore[index]


# What is wrong with a row


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b",Acme,1", "domain is missing"),
        (b"nodomain,Acme,1", "domain is not valid: a single label"),
        (b"acme.com,Acme,many", "employees is not a number written like 1200 or 1200.5"),
        (b"acme.com,Acme,-1", "employees: Input should be greater than or equal to 0"),
        (b"acme.com,Acme", "has 2 values, and the header has 3"),
        (b"acme.com,Acme,1,2", "has 4 values, and the header has 3"),
        (b"acme.com,\xff,1", "not UTF-8"),
        (b'acme.com,"Ac"me,1', "a quote is out of place: quote whole values, and write a quote inside of one twice"),
    ],
)
def test_a_wrong_row_is_reported_and_its_neighbours_go_in(row: bytes, reason: str) -> None:
    content = b"domain,name,employees\nfirst.com,F,1\n" + row + b"\nlast.com,L,2\n"
    found = shown(read(content))
    assert [number for number, _ in found] == [2, 3, 4]
    assert found[1][1] == reason
    assert found[0][1] == {"domain": "first.com", "name": "F", "employees": 1}
    assert found[2][1] == {"domain": "last.com", "name": "L", "employees": 2}


def test_a_quote_that_is_never_closed_costs_its_own_line_only() -> None:
    others = b"".join(b"n%d.com,N\n" % number for number in range(200))
    found = shown(read(b'domain,name\nacme.com,"Acme\n' + others))
    assert found[0] == (2, "a quote is out of place: quote whole values, and write a quote inside of one twice")
    assert len(found) == 201
    assert found[200] == (202, {"domain": "n199.com", "name": "N"})


def test_a_line_inside_a_value_that_is_not_utf_8_is_named() -> None:
    found = shown(read(b'domain,name\nacme.com,"a\n\xffb"\nbeta.com,B\n'))
    assert found == [(3, "not UTF-8"), (4, {"domain": "beta.com", "name": "B"})]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"{", "not valid JSON"),
        (b'{"domain":"acme.com","name":"\xff"}', "not UTF-8"),
        (b"[1]", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b'{"name":"Acme"}', "domain is missing"),
        (b'{"domain":5}', "domain is missing"),
        (
            b'{"domain":"acme.com","employes":5}',
            "employes is no attribute; call it custom.<name>, or say in mapping what it is",
        ),
        (
            b'{"domain":"acme.com","ada@acme.com":5}',
            "a name is no attribute; call it custom.<name>, or say in mapping what it is",
        ),
        (b'{"domain":"acme.com","employees":"5"}', "employees: Input should be a number"),
    ],
)
def test_a_wrong_line_of_ndjson_is_reported(row: bytes, reason: str) -> None:
    found = shown(read(b'{"domain":"a.com"}\n\n' + row + b'\n{"domain":"b.com"}', NDJSON))
    assert found == [(1, {"domain": "a.com"}), (3, reason), (4, {"domain": "b.com"})]


def test_items_of_an_array_are_numbered_and_fail_alone() -> None:
    content = b' [ {"domain":"a.com","tags":["x]",",{"]} ,\n{"domain":"b.com",},5, {"domain":"c.com"}\n] \n'
    assert shown(read(content, JSON)) == [
        (1, {"domain": "a.com", "tags": ["x]", ",{"]}),
        (2, "not valid JSON"),
        (3, "not a JSON object"),
        (4, {"domain": "c.com"}),
    ]


def test_reasons_never_repeat_a_value() -> None:
    secret = "ada.lovelace@example.com"
    values: list[object] = [secret, [secret], {secret: secret}, 10**30, -5, True]
    names = [*CompanyAttributes.model_fields, "domain", "custom.x", secret]
    for name in names:
        for value in values:
            row = orjson.dumps({"domain": "acme.com", name: value if value != 10**30 else 1e30})
            for _, outcome in shown(read(row, NDJSON)):
                assert not isinstance(outcome, str) or secret not in outcome


# Files that cannot be read


@pytest.mark.parametrize(
    ("content", "content_type", "code"),
    [
        (b"", CSV, "empty_file"),
        (b"\n\n  \n", CSV, "empty_file"),
        (b"name,city\nAcme,Bern\n", CSV, "domain_column_missing"),
        (b"domain,name,Name\na.com,x,y\n", CSV, "duplicate_column"),
        ("domain,name\na.com,x\n".encode("utf-16"), CSV, "unsupported_encoding"),
        (b"domain,\xff\na.com,x\n", CSV, "malformed_header"),
        (b'domain,"name\na.com,x\n', CSV, "malformed_header"),
        (b"x" * (LARGEST_RECORD + 2), CSV, "line_too_long"),
        (b"", JSON, "malformed_json"),
        (b"{}", JSON, "malformed_json"),
        (b'[{"domain":"a.com"}', JSON, "malformed_json"),
        (b'[{"domain":"a.com"}] x', JSON, "malformed_json"),
        (b'[{"domain":"' + b"x" * LARGEST_RECORD, JSON, "malformed_json"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(content: bytes, content_type: str, code: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        read(content, content_type)
    assert refusal.value.code == code


def test_a_mapping_that_names_no_column_of_the_file_is_refused() -> None:
    with pytest.raises(Unreadable) as refusal:
        read(b"domain\nacme.com\n", mapping={"site": "domain"})
    assert refusal.value.code == "mapped_column_missing"


def test_an_overlong_line_of_ndjson_is_skipped() -> None:
    content = b'{"domain":"a.com"}\n{"x":"' + b"x" * (3 * LARGEST_RECORD) + b'"}\n{"domain":"b.com"}\n'
    found = shown(read(content, NDJSON, pieces=[65536] * 48))
    assert found == [(1, {"domain": "a.com"}), (2, f"longer than {LARGEST_RECORD} bytes"), (3, {"domain": "b.com"})]


# Whatever the pieces, wherever it begins

AWKWARD = {
    CSV: '\ufeffdomain;name;tags\r\n"acme.com";"A\r\n""c"";me";a\\;b;c\r\n\r\nbad"row";x;y\r\nbeta.com;β;\r\n;;\n'
    'z.com;"open;;\nc.com;C;t',
    NDJSON: '\ufeff{"domain":"a.com","name":"β"}\n\n{"bad\n[]\r\n{"domain":"b.com","tags":["\\"","]"]}',
    JSON: '\ufeff [{"domain":"a.com","name":"β\\"]"},\n {"bad":},5,{"domain":"b.com","tags":["\\\\","],"]} ] ',
}


@pytest.mark.parametrize("content_type", [CSV, NDJSON, JSON])
@given(pieces=st.lists(st.integers(min_value=0, max_value=12), max_size=60))
def test_pieces_of_any_size_give_the_same_rows(content_type: str, pieces: list[int]) -> None:
    content = AWKWARD[content_type].encode()
    assert read(content, content_type, pieces=pieces) == read(content, content_type)


@pytest.mark.parametrize("content_type", [CSV, NDJSON, JSON])
def test_reading_on_behind_any_row_gives_the_rows_that_follow(content_type: str) -> None:
    content = AWKWARD[content_type].encode()
    file = CompanyFile(content_type, mapping=None, start=Checkpoint.start())
    found = [*file.feed(content), *file.finish()]
    assert len(found) > 2
    for place, row in enumerate(found, start=1):
        start = Checkpoint.read(file.checkpoint(row.after).text())
        assert read(content[start.position.offset :], content_type, start=start) == found[place:]


csv_like = st.lists(
    st.sampled_from([b",", b";", b"\n", b"\r", b'"', b"a.com", b"x", b"\xff", b"\0", "β".encode()]), max_size=30
)
json_like = st.lists(
    st.sampled_from([b"{", b"}", b"[", b"]", b",", b":", b'"', b'"domain"', b'"a.com"', b"\\", b"1", b"\n", b"\xff"]),
    max_size=30,
)


@pytest.mark.parametrize("pieces", [[], [1, 2], [3], [1, 1, 1, 1]])
def test_what_follows_an_array_is_refused_however_it_arrives(pieces: list[int]) -> None:
    found, reason = _rows_and_end(b"[{}]]", JSON, pieces)
    assert (len(found), reason) == (1, "malformed_json")


@pytest.mark.parametrize("content_type", [CSV, NDJSON, JSON])
@given(
    content=st.binary(max_size=60) | csv_like.map(b"".join) | json_like.map(b"".join),
    pieces=st.lists(st.integers(1, 9)),
)
def test_whatever_the_bytes_there_are_rows_or_a_reason(content_type: str, content: bytes, pieces: list[int]) -> None:
    starts = {CSV: b"domain,name\n", NDJSON: b"", JSON: b"["}
    for whole in (content, starts[content_type] + content):
        outcomes = [_rows_and_end(whole, content_type, sizes) for sizes in ([], pieces)]
        assert outcomes[0] == outcomes[1]
        numbers = [row.number for row in outcomes[0][0]]
        assert numbers == sorted(numbers)


def _rows_and_end(content: bytes, content_type: str, pieces: list[int]) -> tuple[list[Accepted | Rejected], str | None]:
    """The rows, and why they end before the file does, if they do."""
    file = CompanyFile(content_type, mapping=None, start=Checkpoint.start())
    found: list[Accepted | Rejected] = []
    ends = [*accumulate(pieces), len(content)]
    try:
        for start, end in pairwise([0, *ends]):
            found.extend(file.feed(content[start:end]))
        found.extend(file.finish())
    except Unreadable as refusal:
        return found, refusal.code
    return found, None


# One of its tables (location_coordinates) has another telephone number than its own JSON.
SPECTRUM = sorted({path.stem for path in (DATA / "csv_spectrum" / "csvs").glob("*.csv")} - {"location_coordinates"})


@pytest.mark.parametrize("name", SPECTRUM)
def test_tables_of_the_csv_spectrum_are_read_as_it_says(name: str) -> None:
    lines = (DATA / "csv_spectrum" / "csvs" / f"{name}.csv").read_bytes().splitlines(keepends=True)
    expected = json.loads((DATA / "csv_spectrum" / "json" / f"{name}.json").read_text())
    header, *found = [row.cells for row in rows(Lines(lines), delimiter=",", last=True)]
    assert [dict(zip(header, cells, strict=True)) for cells in found] == expected


# What is written is read back

clean_text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
numbers = st.integers(min_value=0, max_value=2**53 - 1)
own_values = st.one_of(
    clean_text,
    st.booleans(),
    st.integers(min_value=-(2**53) + 1, max_value=2**53 - 1),
    st.floats(min_value=-1e15, max_value=1e15, allow_nan=False),
    st.lists(clean_text, max_size=3),
)
attributes = st.builds(
    CompanyAttributes,
    name=st.none() | clean_text,
    industry=st.none() | clean_text,
    employees=st.none() | numbers,
    revenue=st.none() | numbers | st.floats(min_value=0, max_value=1e15, allow_nan=False),
    founded=st.none() | st.integers(min_value=1, max_value=9999),
    technologies=st.none() | st.lists(clean_text, max_size=4),
    tags=st.none() | st.lists(clean_text, max_size=4),
    last_funding_at=st.none() | st.dates().map(lambda day: day.isoformat()),
    description=st.none() | clean_text,
    confidence=st.none() | st.floats(min_value=0, max_value=1),
    email=st.none() | st.booleans(),
    custom=st.none() | st.dictionaries(st.text("abcXYZ .=", min_size=1, max_size=5), own_values, max_size=3),
)


@given(companies=st.lists(attributes, min_size=1, max_size=4), pieces=st.lists(st.integers(1, 40), max_size=20))
def test_what_is_exported_as_csv_is_imported_as_the_same_profiles(
    companies: list[CompanyAttributes], pieces: list[int]
) -> None:
    profiles = [Profile.of(company) for company in companies]
    exported = [{"domain": f"c{place}.com", **profile.attributes} for place, profile in enumerate(profiles)]
    content = csv_header() + b"".join(csv_row(company) for company in exported)
    found = read(content, CSV, pieces=pieces)
    assert [row.profile for row in found if isinstance(row, Accepted)] == profiles


@given(companies=st.lists(attributes, min_size=1, max_size=4))
def test_what_is_exported_as_ndjson_is_imported_as_the_same_profiles(companies: list[CompanyAttributes]) -> None:
    profiles = [Profile.of(company) for company in companies]
    content = b"".join(
        ndjson_row({"domain": f"c{place}.com", "version": 3, **profile.attributes})
        for place, profile in enumerate(profiles)
    )
    assert [row.profile for row in read(content, NDJSON) if isinstance(row, Accepted)] == profiles


@given(table=st.lists(st.lists(clean_text, min_size=2, max_size=2), min_size=1, max_size=5))
def test_cells_that_a_csv_writer_wrote_are_read_as_they_were(table: list[list[str]]) -> None:
    written = io.StringIO()
    csv.writer(written).writerows(table)
    lines = written.getvalue().encode().splitlines(keepends=True)
    found = rows(Lines(lines), delimiter=",", last=True)
    assert [row.cells for row in found] == table
