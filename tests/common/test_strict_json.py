"""The strict reader accepts exactly what it says, whichever path it takes."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from winnow_common import strict_json
from winnow_common.strict_json import InvalidJson

PLAIN = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
TRICKY = st.text(st.sampled_from([*':,"\\{}[]0123456789u', "\u003a", "é", "\x7f", "😀"]), max_size=6)
STRINGS = PLAIN | TRICKY
NUMBERS = st.integers(-(2**66), 2**66) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS | STRINGS


class Members(list[tuple[str, Any]]):
    """An object as it is written: keys may come twice."""


VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.lists(st.tuples(STRINGS, inner), max_size=4).map(Members),
    max_leaves=12,
)


def write(value: Any, draw: st.DrawFn) -> str:
    """JSON text of a value; characters of strings as themselves or escaped, as it happens."""
    match value:
        case Members():
            return "{" + ",".join(f"{write(key, draw)}:{write(item, draw)}" for key, item in value) + "}"
        case list():
            return "[" + " ,".join(write(item, draw) for item in value) + "]"
        case str():
            return '"' + "".join(character(each, draw) for each in value) + '"'
        case _:
            return json.dumps(value)


def character(each: str, draw: st.DrawFn) -> str:
    escaped = json.dumps(each)[1:-1]
    if len(escaped) > 1:
        return escaped
    return draw(st.sampled_from([each, each, f"\\u{ord(each):04x}", f"\\u{ord(each):04X}"]))


@st.composite
def texts(draw: st.DrawFn) -> str:
    return write(draw(VALUES), draw)


def read_slowly(text: str) -> Any:
    """What the strict reader should do, by the standard library asked about every part."""

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) != len(pairs):
            raise ValueError("duplicate")
        return dict(pairs)

    def integer(digits: str) -> int:
        number = int(digits)
        if not -(2**63) <= number < 2**63:
            raise ValueError("range")
        return number

    value = json.loads(text, object_pairs_hook=members, parse_int=integer)
    if "\\u0000" in text and "\0" in repr_of_strings(value):
        raise ValueError("null")
    return value


def repr_of_strings(value: Any) -> str:
    match value:
        case dict():
            return "".join(key + repr_of_strings(item) for key, item in value.items())
        case list():
            return "".join(map(repr_of_strings, value))
        case str():
            return value
        case _:
            return ""


class TestAgreement:
    @given(texts())
    def test_it_reads_and_refuses_the_same_texts_as_a_reader_that_looks_at_every_part(self, text: str) -> None:
        try:
            expected = read_slowly(text)
        except ValueError:
            with pytest.raises(InvalidJson):
                strict_json.loads(text.encode())
        else:
            assert strict_json.loads(text.encode()) == expected

    @given(st.binary(max_size=40) | st.text(st.sampled_from('[]{}:,"\\u0003aA 1eE+-.ntfalsruNI\ufeff\0'), max_size=30))
    def test_it_answers_any_bytes_with_a_value_or_a_refusal(self, raw: bytes | str) -> None:
        data = raw.encode() if isinstance(raw, str) else raw
        with suppress(InvalidJson):
            strict_json.loads(data)


class TestDuplicateKeys:
    @pytest.mark.parametrize(
        "text",
        [
            r'{"a":1,"a":1}',
            r'{"a":1,"a":2}',
            r'[[{"b":{"a":1,"a":2}}]]',
            r'{"":1,"":2}',
            r'{"a":1,"\u0061":2}',
            r'{"a:b":1,"a\u003ab":2}',
            r'{"a:b":1,"a\u003Ab":2}',
            r'{"a":"\u003a","a":1}',
            r'{"a":1,"a":"::"}',
            r'{"é":1,"\u00e9":2}',
        ],
    )
    def test_the_same_key_twice_is_refused_however_it_is_written(self, text: str) -> None:
        with pytest.raises(InvalidJson) as caught:
            strict_json.loads(text.encode())
        assert caught.value.code == "duplicate_key"

    @pytest.mark.parametrize(
        "text", [r'{"a":{"a":1}}', r'[{"a":1},{"a":1}]', r'{"a":"\u003a\u003a"}', r'{"a:":":","b":"\\u003a"}']
    )
    def test_the_same_key_in_two_objects_is_not_a_duplicate(self, text: str) -> None:
        assert strict_json.loads(text.encode()) == json.loads(text)


class TestDepth:
    @pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")])
    def test_sixty_four_levels_are_read_and_one_more_is_refused(self, opening: str, closing: str) -> None:
        levels = opening.count("[") + opening.count("{")
        deep = 64 // levels
        assert strict_json.loads((opening * deep + "1" + closing * deep).encode()) is not None
        with pytest.raises(InvalidJson) as caught:
            strict_json.loads((opening * deep + "[1]" + closing * deep).encode())
        assert caught.value.code == "nesting_too_deep"

    @pytest.mark.parametrize("levels", [1_000, 100_000])
    @pytest.mark.parametrize("opening", ["[", '{"a":'])
    def test_a_million_brackets_are_refused_and_not_followed(self, opening: str, levels: int) -> None:
        closing = "]" if opening == "[" else "}"
        with pytest.raises(InvalidJson) as caught:
            strict_json.loads((opening * levels + "1" + closing * levels).encode())
        assert caught.value.code == "nesting_too_deep"

    def test_brackets_side_by_side_and_in_strings_are_not_depth(self) -> None:
        wide = [[["[[[[" * 50, {"{{{{": "]]"}]]] * 100
        assert strict_json.loads(json.dumps(wide).encode()) == wide


class TestNumbers:
    @pytest.mark.parametrize("number", [2**63 - 1, -(2**63), 0, 10**18])
    def test_integers_of_64_bits_are_exact(self, number: int) -> None:
        assert strict_json.loads(str(number).encode()) == number

    @pytest.mark.parametrize("text", [str(2**63), str(-(2**63) - 1), "1" * 30, "9" * 5_000, "[1,-1" + "0" * 60 + "]"])
    def test_integers_beyond_64_bits_are_refused(self, text: str) -> None:
        with pytest.raises(InvalidJson) as caught:
            strict_json.loads(text.encode())
        assert caught.value.code in ("number_out_of_range", "invalid_json")

    @pytest.mark.parametrize("text", ["NaN", "[Infinity]", "-Infinity", "1e400", "01", "+1", ".5", "1.", "0x1"])
    def test_what_is_no_number_of_json_is_refused(self, text: str) -> None:
        with pytest.raises(InvalidJson) as caught:
            strict_json.loads(text.encode())
        assert caught.value.code == "invalid_json"

    def test_a_long_fraction_and_digits_in_strings_are_no_large_integers(self) -> None:
        text = '[0.1234567890123456789012345, "1234567890123456789012345", 1e-300]'
        assert strict_json.loads(text.encode()) == json.loads(text)


class TestRefusals:
    @pytest.mark.parametrize(
        ("raw", "code", "words"),
        [
            (b"", "empty_body", "empty"),
            (b" \n", "empty_body", "empty"),
            (b"\xef\xbb\xbf{}", "invalid_encoding", "byte order mark"),
            (b'{"a":"\xff"}', "invalid_encoding", "byte 6"),
            ('{"a":1}'.encode("utf-16"), "invalid_encoding", "byte 0"),
            (b'"\xed\xa0\x80"', "invalid_encoding", "byte 1"),
            (rb'"\ud800"', "invalid_json", "line 1"),
            (rb'"\ude00\ud83d"', "invalid_json", "line 1"),
            (b'{"a":1,\n "b":tru}', "invalid_json", "line 2, column 6"),
            (b'{"a":1} x', "invalid_json", "column 9"),
            (b'{"a":1,}', "invalid_json", "column 7"),
            (b"{'a':1}", "invalid_json", "column 2"),
            (b"[1 /* one */]", "invalid_json", "column 4"),
            (b'"a\x00b"', "invalid_json", "line 1"),
            (rb'{"a":["\u0000"]}', "null_character", "cannot be stored"),
            (rb'{"\u0000":1}', "null_character", "cannot be stored"),
        ],
    )
    def test_a_refusal_has_a_code_and_says_where(self, raw: bytes, code: str, words: str) -> None:
        with pytest.raises(InvalidJson, match=words) as caught:
            strict_json.loads(raw)
        assert caught.value.code == code

    def test_an_escaped_backslash_before_u0000_is_no_null(self) -> None:
        assert strict_json.loads(rb'"\\u0000"') == "\\u0000"
