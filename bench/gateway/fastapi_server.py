"""What one would write with FastAPI: models, a dependency for the key, one for the limit (a Valkey round trip)."""

import hashlib
import json
import os
import secrets
import socket
import time
from typing import Annotated

import uvicorn
import uvloop
from fastapi import Depends, FastAPI, HTTPException, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field
from redis.asyncio import Redis

from bench.gateway.exchange import ANSWER

LIMIT = 1_000_000


class ScoreRequest(BaseModel):
    """What is asked."""

    domain: Annotated[str, Field(max_length=2048)]
    rule_id: Annotated[str | None, Field(max_length=200)] = None


class Line(BaseModel):
    """One line of the explanation."""

    condition: str
    matched: bool
    points: int


class Score(BaseModel):
    """What is answered."""

    domain: str
    rule_id: str
    rule_name: str
    score: int
    tier: str
    breakdown: list[Line]


def create_app(redis: Redis, *, key: str) -> FastAPI:
    app = FastAPI()
    accounts = {hashlib.sha256(key.encode()).hexdigest(): "acc_1"}
    bearer = HTTPBearer()
    answer = Score.model_validate_json(ANSWER)

    async def account(credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> str:
        found = accounts.get(hashlib.sha256(credentials.credentials.encode()).hexdigest())
        if found is None:
            raise HTTPException(401, "Invalid API key")
        return found

    async def limited(response: Response, account_id: Annotated[str, Depends(account)]) -> None:
        name = f"limit:{account_id}:{int(time.time() // 60)}"
        async with redis.pipeline(transaction=True) as pipeline:
            count, _ = await pipeline.incr(name).expire(name, 60).execute()
        if count > LIMIT:
            raise HTTPException(429, "Rate limit exceeded")
        response.headers["X-RateLimit-Limit"] = str(LIMIT)
        response.headers["X-RateLimit-Remaining"] = str(LIMIT - count)

    @app.post("/v1/scoring", dependencies=[Depends(limited)])
    async def score(_: ScoreRequest) -> Score:
        return answer

    return app


async def main() -> None:
    key = secrets.token_urlsafe(32)
    app = create_app(Redis.from_url(os.environ["WINNOW_GATEWAY_REDIS"]), key=key)
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print(json.dumps({"port": listener.getsockname()[1], "key": key}), flush=True)
    config = uvicorn.Config(app, access_log=False, log_level="warning", http="httptools", loop="uvloop")
    await uvicorn.Server(config).serve(sockets=[listener])


if __name__ == "__main__":
    uvloop.run(main())
