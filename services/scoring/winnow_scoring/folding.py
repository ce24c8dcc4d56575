"""How two texts are compared: after NFKC, trimming and case folding."""

from unicodedata import normalize


def composed(text: str) -> str:
    """`text` in NFKC and trimmed, its case kept: what a regular expression is sought in."""
    return text.strip() if text.isascii() else normalize("NFKC", text).strip()


def fold(text: str) -> str:
    """The form in which texts are equal: "  ﬁnTech " and "FINTECH" both give "fintech"; blank text gives ""."""
    return composed(text).casefold()
