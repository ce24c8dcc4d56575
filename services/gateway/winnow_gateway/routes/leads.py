"""Leads: rows of files as they were understood, judged and scored."""

from winnow_contracts import leads
from winnow_contracts.pages import Page

from winnow_gateway.leads import BATCH_NOT_FOUND, BATCH_NOT_OVER, LEAD_NOT_FOUND, LeadPath, lead_id, list_leads
from winnow_gateway.routes.lead_examples import LEAD, QUALIFIED, UNMERGED
from winnow_gateway.routes.route import Answer, Refusal, Route, to_pipeline
from winnow_gateway.routes.scoring import INVALID_CURSOR
from winnow_gateway.scopes import Scope

ROUTES = (
    Route(
        method="GET",
        path="/v1/leads",
        name="listLeads",
        tag="Leads",
        summary="List leads",
        description="All leads, newest first, or those of a batch in the order of its rows.",
        answers={
            200: Answer(
                "A page of leads.",
                Page[leads.QualifiedLead],
                {"data": [QUALIFIED], "has_more": False, "next_cursor": None},
            )
        },
        refusals=(INVALID_CURSOR, BATCH_NOT_FOUND),
        scope=Scope.LEADS_READ,
        query=leads.ListLeads,
        sends=to_pipeline(type=leads.LIST, message=lambda inputs: list_leads(inputs.query)),
    ),
    Route(
        method="GET",
        path="/v1/leads/{id}",
        name="getLead",
        tag="Leads",
        summary="Get a lead",
        description="The lead with the source of each value, and why it was taken for the same person as others: what "
        "each field said for it or against it adds up to `total`, and that to the probability.",
        answers={200: Answer("The lead.", leads.LeadAnswer, LEAD)},
        refusals=(LEAD_NOT_FOUND,),
        scope=Scope.LEADS_READ,
        path_model=LeadPath,
        sends=to_pipeline(type=leads.GET, message=lambda inputs: leads.GetLead(id=lead_id(inputs.path.id))),
    ),
    Route(
        method="POST",
        path="/v1/leads/{id}/unmerge",
        name="unmergeLead",
        tag="Leads",
        summary="Undo a merge",
        description="Keeps a duplicate apart from its survivor from now on, and makes both again from their rows.",
        answers={
            202: Answer(
                "Both leads are made again.",
                leads.UnmergeAccepted,
                UNMERGED,
                headers=("Location", "Retry-After"),
            )
        },
        refusals=(
            LEAD_NOT_FOUND,
            BATCH_NOT_OVER,
            Refusal(409, "not_a_duplicate", "The lead is no duplicate of another."),
        ),
        scope=Scope.LEADS_WRITE,
        path_model=LeadPath,
        sends=to_pipeline(
            type=leads.UNMERGE,
            message=lambda inputs: leads.UnmergeLead(id=lead_id(inputs.path.id)),
            location="/v1/leads/{lead_id}",
        ),
        links={
            "getLead": {"id": "$response.body#/lead_id"},
            "getBatch": {"id": "$response.body#/batch_id"},
        },
    ),
)
