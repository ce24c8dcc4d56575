"""The one table: what the API is. The router, the OpenAPI document, the reference and the tests are made from it."""

from typing import Final

from winnow_gateway.routes import accounts, companies, rules, scoring, service
from winnow_gateway.routes.route import Route

TABLE: Final[tuple[Route, ...]] = (
    *scoring.ROUTES,
    *companies.ROUTES,
    *rules.ROUTES,
    *accounts.ROUTES,
    *service.ROUTES,
)
