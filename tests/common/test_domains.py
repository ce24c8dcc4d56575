"""Registrable domains: the public suffix list's own vectors, IDNA, URLs, and everything that is no domain."""

import json
import os
from pathlib import Path

import idna
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from winnow_common.domains import InvalidDomain, registrable_domain

DATA = Path(os.environ.get("WINNOW_DATA", Path(__file__).parents[3] / "shared" / "data"))
VECTORS = [
    tuple(line.split())
    for line in (DATA / "psl" / "tests.txt").read_text(encoding="utf-8").splitlines()
    if line.strip() and not line.startswith("//") and line.split()[0] != "null"
]
NAUGHTY = json.loads((DATA / "naughty_strings" / "blns.json").read_text(encoding="utf-8"))


def full_width(text: str) -> str:
    return "".join(chr(ord(character) + 0xFEE0) for character in text)


def ascii_name(domain: str) -> str:
    return ".".join(label if label.isascii() else idna.alabel(label).decode() for label in domain.split("."))


def domain_or_none(text: str) -> str | None:
    try:
        return registrable_domain(text)
    except InvalidDomain:
        return None


@pytest.mark.parametrize(("host", "expected"), VECTORS)
def test_the_vectors_of_the_public_suffix_list_hold(host: str, expected: str) -> None:
    assert domain_or_none(host) == (None if expected == "null" else ascii_name(expected))


def test_the_older_form_of_the_vectors_says_the_same() -> None:
    lines = (DATA / "psl" / "test_psl.txt").read_text(encoding="utf-8").splitlines()
    calls = [line.removeprefix("checkPublicSuffix(").removesuffix(");") for line in lines if line.startswith("check")]
    pairs = [[part.strip().strip("'") for part in call.split(",")] for call in calls if not call.startswith("null")]

    answers = [(host, domain_or_none(host)) for host, _ in pairs]

    assert len(pairs) >= 70
    assert answers == [(host, None if expected == "null" else ascii_name(expected)) for host, expected in pairs]


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("https://www.x.co.uk/path", "x.co.uk"),
        ("http://user:secret@x.com:8080/", "x.com"),
        ("HTTPS://X.COM?q=1", "x.com"),
        ("//x.com#top", "x.com"),
        ("x.com/path", "x.com"),
        ("x.com:443", "x.com"),
        ("x.com.", "x.com"),
        (" x.com\r\n", "x.com"),
        ("https://x.com\\@evil.example", "x.com"),
        ("r3---sn.example.com", "example.com"),
        ("me.github.io", "me.github.io"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("faß.de", "xn--fa-hia.de"),
        (f"{full_width('GOOGLE')}。com", "google.com"),
        ("www.食狮.公司.cn", "xn--85x722f.xn--55qx5d.cn"),
    ],
)
def test_what_people_write_for_a_site_gives_its_registrable_domain(text: str, domain: str) -> None:
    assert registrable_domain(text) == domain


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (".", "empty"),
        ("https://", "empty"),
        ("localhost", "single label"),
        ("com", "single label"),
        ("co.uk", "public suffix"),
        ("github.io", "public suffix"),
        ("127.0.0.1", "IP address"),
        (f"{full_width('127')}.0.0.1", "IP address"),
        ("0x7f.1", "IP address"),
        ("http://[::1]/", "IP address"),
        ("2.2250738585072011e-308", "IP address or a number"),
        ("joe@acme.com", "e-mail"),
        ("mailto:joe@acme.com", "e-mail"),
        ("ex ample.com", "label"),
        ("-x.com", "label"),
        ("x-.com", "label"),
        ("x..com", "label"),
        ("x.com..", "label"),
        (".x.com", "label"),
        ("x_y.com", "label"),
        ("x\0.com", "label"),
        ("x" * 64 + ".com", "label"),
        ("a." * 130 + "com", "253"),
        ("x" * 3000, "2048"),
        ("\ud800.com", "no domain has"),
        ("a\u200d.com", "IDNA"),
        ("xn--a.com", "IDNA"),
        ("xn--.com", "IDNA"),
        ("x.com:99999", "port"),
        ("x.com:http", "port"),
        ("javascript:alert(1)", "port"),
    ],
)
def test_what_is_no_registrable_domain_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(InvalidDomain, match=reason):
        registrable_domain(text)


@pytest.mark.parametrize("text", ["joe@acme.com", "https://user:secret@[::1]/", "ex ample-secret.com"])
def test_the_reason_does_not_repeat_what_was_sent(text: str) -> None:
    with pytest.raises(InvalidDomain) as refused:
        registrable_domain(text)

    assert not any(part in str(refused.value) for part in ("joe", "acme", "secret"))


def test_naughty_strings_are_refused_or_give_a_domain_that_stays_itself() -> None:
    domains = [domain for domain in map(domain_or_none, NAUGHTY) if domain is not None]

    assert domains == ["romansinsussex.co.uk", "cum.qc.ca"]
    assert [registrable_domain(domain) for domain in domains] == domains


@given(st.text(st.characters(codec=None, categories=None)) | st.text("a.-:/@[]xn%。é0 "))
@example("xn--\u0660.com")
@example("\u2260.com")
@example("a.xn--0")
def test_any_text_is_refused_or_gives_a_domain_that_stays_itself(text: str) -> None:
    domain = domain_or_none(text)

    assert domain is None or (domain.isascii() and domain == domain.lower() == registrable_domain(domain))


@given(
    st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8})?\.(com|co\.uk|de|io|kobe\.jp)", fullmatch=True),
    st.sampled_from(["", "www.", "a.b."]),
)
def test_every_spelling_of_a_host_gives_one_domain(domain: str, prefix: str) -> None:
    expected = domain_or_none(domain)
    spellings = [
        domain,
        domain.upper(),
        f"{domain}.",
        f"https://{domain}/x",
        f"http://me:pw@{domain}:80?y#z",
        f"//{domain}",
    ]

    found = {domain_or_none(spelling) for spelling in spellings}

    assert found == {expected}
    assert expected is None or domain_or_none(prefix + domain) == expected
