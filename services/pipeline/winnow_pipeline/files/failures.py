"""Why a file cannot be read at all."""


class Unreadable(Exception):
    """The file as a whole fails. `detail` is a sentence that says what to do, and quotes nothing of the file."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"
