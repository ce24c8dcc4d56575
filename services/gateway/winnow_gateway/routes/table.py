"""The one table: what the API is. The router, the OpenAPI document, the reference and the tests are made from it."""

from typing import Final

from winnow_gateway.routes import accounts, companies, customers, rules, scoring, service, similarity
from winnow_gateway.routes.route import Route

TABLE: Final[tuple[Route, ...]] = (
    *similarity.ROUTES,
    *customers.ROUTES,
    *scoring.ROUTES,
    *companies.ROUTES,
    *rules.ROUTES,
    *accounts.ROUTES,
    *service.ROUTES,
)
