"""The one table: what the API is. The router, the OpenAPI document, the reference and the tests are made from it."""

from typing import Final

from winnow_gateway.routes import (
    accounts,
    batches,
    companies,
    customers,
    leads,
    privacy,
    rules,
    scoring,
    service,
    similarity,
    uploads,
)
from winnow_gateway.routes.route import Route

TABLE: Final[tuple[Route, ...]] = (
    *similarity.ROUTES,
    *customers.ROUTES,
    *scoring.ROUTES,
    *uploads.ROUTES,
    *batches.ROUTES,
    *leads.ROUTES,
    *privacy.ROUTES,
    *companies.ROUTES,
    *rules.ROUTES,
    *accounts.ROUTES,
    *service.ROUTES,
)
