"""What one would write with FastAPI: models, a dependency for the key, one Valkey call for the limit and the answer.

As `fastapi` the answer is a model, as its tutorial has it: read from what Valkey holds, and written by FastAPI. As
`lean` it is what somebody would make of that who has profiled it: the bytes are passed on, with what is added to them.

python -m bench.gateway.fastapi_server fastapi|lean
"""

import hashlib
import json
import os
import secrets
import socket
import sys
import time
from typing import Annotated, Any
from uuid import UUID, uuid4

import uvicorn
import uvloop
from fastapi import Depends, FastAPI, HTTPException, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field
from redis.asyncio import Redis

from bench.gateway.exchange import BODY, KEPT

LIMIT = 1_000_000
COUNT_AND_READ = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], 60) end
return {count, redis.call('GET', KEYS[2])}
"""


class ScoreRequest(BaseModel):
    """What is asked."""

    domain: Annotated[str | None, Field(max_length=2048)] = None
    email: Annotated[str | None, Field(max_length=2048)] = None
    linkedin_url: Annotated[str | None, Field(max_length=2048)] = None
    company_name: Annotated[str | None, Field(max_length=2048)] = None


class SimilarCustomer(BaseModel):
    """One of the nearest customers."""

    domain: str
    name: str | None
    similarity: float
    shared_attributes: list[str]


class FactorLine(BaseModel):
    """One line of the explanation."""

    factor: str
    similarity: float | None
    weight: float
    contribution: float
    company: Any
    customers: Any
    missing: bool


class Kept(BaseModel):
    """What is kept of an answer."""

    score: float | None
    percentile: float | None
    grade: str | None
    similar_customers: list[SimilarCustomer]
    breakdown: list[FactorLine]
    explanation: str
    confidence: dict[str, Any]
    data_as_of: str | None
    missing: list[str]
    reason: dict[str, Any] | None
    reference: dict[str, Any] | None
    model_version: int | None
    score_id: str | None


class Resolved(BaseModel):
    """Which company was meant."""

    domain: str
    matched_on: str = "domain"
    confidence: float = 1.0
    candidates: list[str] = []
    disagreement: list[str] = []


class Score(Kept):
    """What is answered."""

    resolved: Resolved
    livemode: bool
    request_id: UUID


def create_app(redis: "Redis", *, key: str, lean: bool) -> FastAPI:
    app = FastAPI()
    accounts = {hashlib.sha256(key.encode()).hexdigest(): "acc_1"}
    bearer = HTTPBearer()
    count_and_read = redis.register_script(COUNT_AND_READ)

    async def account(credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> str:
        found = accounts.get(hashlib.sha256(credentials.credentials.encode()).hexdigest())
        if found is None:
            raise HTTPException(401, "Invalid API key")
        return found

    async def known(request: ScoreRequest, response: Response, account_id: Annotated[str, Depends(account)]) -> bytes:
        minute = f"limit:{account_id}:{int(time.time() // 60)}"
        count, answer = await count_and_read(keys=[minute, f"score:{account_id}:{request.domain}"])
        if count > LIMIT:
            raise HTTPException(429, "Rate limit exceeded")
        if answer is None:
            raise HTTPException(500, "The bench has lost its answer")
        response.headers["X-RateLimit-Limit"] = str(LIMIT)
        response.headers["X-RateLimit-Remaining"] = str(LIMIT - count)
        return bytes(answer)

    async def score(request: ScoreRequest, answer: Annotated[bytes, Depends(known)]) -> Score:
        kept = Kept.model_validate_json(answer)
        resolved = Resolved(domain=request.domain or "")
        return Score(**dict(kept), resolved=resolved, livemode=True, request_id=uuid4())

    async def passed_on(
        request: ScoreRequest, response: Response, answer: Annotated[bytes, Depends(known)]
    ) -> Response:
        resolved = Resolved(domain=request.domain or "").model_dump_json().encode()
        more = b',"resolved":%b,"livemode":true,"request_id":"%b"}' % (resolved, str(uuid4()).encode())
        return Response(answer[:-1] + more, media_type="application/json", headers=dict(response.headers))

    if lean:
        app.post("/v1/score", response_model=Score)(passed_on)
    else:
        app.post("/v1/score")(score)
    return app


async def main(*, lean: bool) -> None:
    key = secrets.token_urlsafe(32)
    redis = Redis.from_url(os.environ["WINNOW_GATEWAY_REDIS"])
    await redis.set(f"score:acc_1:{json.loads(BODY)['domain']}", KEPT)
    app = create_app(redis, key=key, lean=lean)
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print(json.dumps({"port": listener.getsockname()[1], "key": key}), flush=True)
    config = uvicorn.Config(app, access_log=False, log_level="warning", http="httptools", loop="uvloop")
    await uvicorn.Server(config).serve(sockets=[listener])


if __name__ == "__main__":
    uvloop.run(main(lean=sys.argv[1] == "lean"))
