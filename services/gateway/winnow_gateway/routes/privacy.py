"""Privacy: what is stored of one person, and erasing it."""

from winnow_contracts import privacy

from winnow_gateway.routes.lead_examples import PACKAGE, RECEIPT
from winnow_gateway.routes.route import Answer, Refusal, Route, to_pipeline
from winnow_gateway.scopes import Scope

_SUBJECT = {"default": {"email": "sarah@techflow.com"}}
_EXPORT = (
    "Everything that is stored under any of the identifiers, with its sources. Prefer POST: what stands in an address "
    "ends up in the logs of proxies and browsers, if not in ours."
)
_EXPORTED = Answer("What is stored; perhaps nothing.", privacy.AccessPackage, PACKAGE)
_TOO_MANY_LEADS = Refusal(
    422, "too_many_leads", f"More than {privacy.MOST_SUBJECT_LEADS:,} leads fit. Name the person more exactly."
)

ROUTES = (
    Route(
        method="POST",
        path="/v1/privacy/erase",
        name="erasePerson",
        tag="Privacy",
        summary="Erase a person",
        description="Destroys the keys of everything that is stored under any of the identifiers, and keeps the person "
        "from being imported again. The receipt is signed and names nobody.",
        answers={200: Answer("The receipt.", privacy.ErasureReceipt, RECEIPT)},
        refusals=(_TOO_MANY_LEADS,),
        scope=Scope.PRIVACY,
        body=privacy.Subject,
        body_examples=_SUBJECT,
        sends=to_pipeline(type=privacy.ERASE, message=lambda inputs: inputs.body, personal=True, wait=30.0),
    ),
    Route(
        method="GET",
        path="/v1/privacy/export",
        name="exportPerson",
        tag="Privacy",
        summary="Get what is stored of a person",
        description=_EXPORT,
        answers={200: _EXPORTED},
        refusals=(_TOO_MANY_LEADS,),
        scope=Scope.PRIVACY,
        query=privacy.Subject,
        sends=to_pipeline(type=privacy.EXPORT, message=lambda inputs: inputs.query, personal=True, wait=30.0),
    ),
    Route(
        method="POST",
        path="/v1/privacy/export",
        name="exportPersonPrivately",
        tag="Privacy",
        summary="Get what is stored of a person, named in the body",
        description=_EXPORT,
        answers={200: _EXPORTED},
        refusals=(_TOO_MANY_LEADS,),
        scope=Scope.PRIVACY,
        body=privacy.Subject,
        body_examples=_SUBJECT,
        sends=to_pipeline(type=privacy.EXPORT, message=lambda inputs: inputs.body, personal=True, wait=30.0),
        idempotent=False,
    ),
)
