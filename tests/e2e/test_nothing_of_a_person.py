"""E-mail addresses and personal pages are sent wherever a company may be named, and then looked for everywhere."""

import itertools
from collections.abc import Iterator
from urllib.parse import quote

import pytest
import requests
from winnow_local.running import RunningStack

from .account import Account, waited_for
from .scanning import files_of, has, log_of, metrics_of, redis_of, tables_of

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

MARKER = "zqplantedzq"
CONTROL = "zqcompanyzq"
"""Of a company, so it is kept, and shows that whoever looks for it would find it."""
QUOTE = '"'
FIELDS = ("domain", "email", "linkedin_url", "company_name")
PERSONAL = (
    f"{MARKER}@acme.com",
    f"jane.{MARKER}+news@acme.com",
    f'"{MARKER} jane"@acme.com',
    f"Jane <{MARKER}@acme.com>",
    f"mailto:{MARKER}@acme.com?subject={MARKER}",
    f"{MARKER}@gmail.com",
    f"{MARKER}@{MARKER}@acme.com",
    f"{MARKER}%40acme.com",
    f"{MARKER}\uff20acme.com",
    f"https://{MARKER}:{MARKER}@acme.com/{MARKER}?{MARKER}#{MARKER}",
    f"https://www.linkedin.com/in/{MARKER}",
    f"linkedin.com/in/{MARKER}/?x={MARKER}",
    f"https://de.linkedin.com/pub/{MARKER}/1/2/3",
    f"https://www.linkedin.com/company/../in/{MARKER}",
    f"https://www.linkedin.com/company/{MARKER}%40acme.com",
    f"https://www.linkedin.com/sales/people/{MARKER}",
)


def bodies() -> Iterator[dict[str, str]]:
    """Each of them as each identifier, alone and beside a domain, and as all of them at once."""
    for field, text in itertools.product(FIELDS, PERSONAL):
        yield {field: text}
        yield {"domain": f"{CONTROL}.com", field: text}
    for text in PERSONAL:
        yield dict.fromkeys(FIELDS, text)


def send_everything(account: Account) -> Iterator[requests.Response]:
    """Every call that takes identifiers or domains, with every text; wrong ones, and those that wait, among them."""
    items = list(bodies())
    for number, body in enumerate(items):
        yield account.call("POST", "/v1/score", json=body)
        if number % 7 == 0:
            yield account.call("POST", "/v1/score", json=body, headers={"Idempotency-Key": f"key-{number}"})
    for start in range(0, len(items), 100):
        yield account.call("POST", "/v1/score/batch", json={"items": items[start : start + 100]})
    for text in PERSONAL:
        path = quote(text, safe="")
        yield account.call("PUT", "/v1/customers", json={"customers": [{"domain": text}]})
        yield account.call("POST", "/v1/customers", json={"customers": [{"domain": text, "weight": 2}]})
        yield account.call("DELETE", f"/v1/customers/{path}")
        yield account.call("GET", f"/v1/scores?domain={path}")
        yield account.call("POST", "/v1/score", json={text: text})
        yield account.call("POST", "/v1/score", headers={"X-Request-Id": "label", "User-Agent": text.encode()})
    yield account.call("POST", "/v1/score", json={"email": {MARKER: PERSONAL[0]}})
    yield account.call("POST", "/v1/score", data=f'{{"email": "{PERSONAL[0]}"')
    file = "domain,email,weight\n" + "".join(
        f'"{text.replace(chr(34), chr(34) * 2)}",{MARKER}@a.com,1\n' for text in PERSONAL
    )
    yield account.call("POST", "/v1/customers/import", data=file.encode(), headers={"Content-Type": "text/csv"})


@pytest.fixture(scope="module")
def answers(stack: RunningStack) -> list[requests.Response]:
    """What was answered; a model and a cached score are there, and the import is through."""
    account = Account.first(stack)
    attributes = {"name": CONTROL, "industry": "Fintech", "employees": 10}
    account.put(f"/v1/companies/{CONTROL}.com", attributes)
    account.until_model(account.customers(f"{CONTROL}.com"))
    found = list(send_everything(account))
    status = found[-1].headers["Location"]
    waited_for(lambda: account.get(status)["status"] in {"completed", "failed"})
    account.until_model(account.customers(f"{CONTROL}.com"))
    account.put(f"/v1/companies/{CONTROL}.com", attributes | {"employees": 11})
    waited_for(lambda: is_cached(account))
    return found


def is_cached(account: Account) -> bool:
    answer = account.call("POST", "/v1/score", json={"domain": f"{CONTROL}.com"})
    return "hit" in answer.headers["Cache-Status"]


async def test_nothing_of_a_person_is_on_the_log(answers: list[requests.Response], stack: RunningStack) -> None:
    parts = await log_of(stack)
    assert (has(MARKER, parts), has(CONTROL, parts)) == (False, True)


def test_nothing_of_a_person_is_in_redis(answers: list[requests.Response], stack: RunningStack) -> None:
    parts = redis_of(stack)
    assert (has(MARKER, parts), has(CONTROL, parts)) == (False, True)


async def test_nothing_of_a_person_is_in_any_table(answers: list[requests.Response], stack: RunningStack) -> None:
    parts = await tables_of(stack)
    assert (has(MARKER, parts), has(CONTROL, parts)) == (False, True)


def test_nothing_of_a_person_is_in_any_line_of_log_or_object(
    answers: list[requests.Response], stack: RunningStack
) -> None:
    logs, objects = files_of(stack.home.logs), files_of(stack.home.objects)
    assert (has(MARKER, logs), has(MARKER, objects)) == (False, False)
    assert has("scorecompany", logs)
    assert objects


def test_nothing_of_a_person_is_in_any_metric(answers: list[requests.Response], stack: RunningStack) -> None:
    pages = metrics_of(stack)
    assert (len(pages) >= 5, has(MARKER, pages), has("winnow", pages)) == (True, False, True)


def test_nothing_of_a_person_is_in_any_answer_but_where_it_names_a_member_that_nobody_knows(
    answers: list[requests.Response],
) -> None:
    texts = [(answer.text, dict(answer.headers)) for answer in answers if "extra_forbidden" not in answer.text]
    assert not has(MARKER, texts)
    assert {answer.status_code for answer in answers} <= {200, 202, 400, 404, 415, 422}
