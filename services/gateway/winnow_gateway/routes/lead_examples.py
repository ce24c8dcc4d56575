"""Examples of uploads, batches, leads and erasures in the documents."""

from typing import Any, Final

from winnow_gateway.leads import BATCH_ID, LEAD_ID, UPLOAD_ID

OTHER_LEAD_ID: Final = LEAD_ID[:-1] + "4"

CSV: Final = (
    "First Name,Last Name,E-mail,Company,Job Title,Note\n"
    "Sarah,Miller,sarah@techflow.com,TechFlow Systems,VP of Sales,met in Berlin\n"
)

UPLOAD: Final[dict[str, Any]] = {
    "filename": "leads.csv",
    "size": 1024,
    "file_path": f"uploads/{UPLOAD_ID}",
    "upload_id": UPLOAD_ID,
    "expires_at": "2026-11-09T09:30:00Z",
}

MAPPING: Final = {"E-Mail (work)": "email", "Firma": "company"}

PREVIEW: Final[dict[str, Any]] = {
    "upload_id": UPLOAD_ID,
    "filename": "leads.csv",
    "size": 1024,
    "format": "csv",
    "compression": None,
    "encoding": "utf-8",
    "delimiter": ",",
    "has_header": True,
    "skipped_lines": 0,
    "columns": [
        {"header": "First Name", "field": "first_name", "by": "dictionary"},
        {"header": "Last Name", "field": "last_name", "by": "dictionary"},
        {"header": "E-mail", "field": "email", "by": "dictionary"},
        {"header": "Company", "field": "company", "by": "dictionary"},
        {"header": "Job Title", "field": "title", "by": "dictionary"},
        {"header": "Note", "field": None, "by": None},
    ],
    "rows": [
        {
            "row": 1,
            "line": 2,
            "values": {
                "first_name": "Sarah",
                "last_name": "Miller",
                "email": "sarah@techflow.com",
                "company": "TechFlow Systems",
                "title": "VP of Sales",
            },
            "source": {"Note": "met in Berlin"},
            "reason": None,
        }
    ],
}

PROCESS: Final[dict[str, Any]] = {
    "default": {"filename": "leads.csv"},
    "an upload by its id, with a bar of its own": {
        "upload_id": UPLOAD_ID,
        "rule_id": "sr_abc123",
        "mapping": MAPPING,
        "require": [
            {"attribute": "contact.email_status", "operator": "in", "value": ["verified_deliverable", "risky"]},
            {"attribute": "tier", "operator": "in", "value": ["hot", "warm"]},
        ],
        "max_credits": 5000,
    },
}

ACCEPTED: Final[dict[str, Any]] = {"job_id": BATCH_ID, "batch_id": BATCH_ID, "status": "queued"}

BATCH_IN_LIST: Final[dict[str, Any]] = {
    "batch_id": BATCH_ID,
    "job_id": BATCH_ID,
    "upload_id": UPLOAD_ID,
    "filename": "leads.csv",
    "status": "completed",
    "leads_processed": 1000,
    "leads_qualified": 847,
    "counts": {"rows": 1000, "qualified": 847, "rejected": 101, "duplicate": 50, "failed": 2},
    "error": None,
    "livemode": True,
    "created_at": "2026-11-02T09:30:00Z",
    "started_at": "2026-11-02T09:30:00Z",
    "finished_at": "2026-11-02T09:30:09Z",
}

BATCH: Final[dict[str, Any]] = {
    **BATCH_IN_LIST,
    "phases": [
        {"phase": phase, "done": done, "total": 1000}
        for phase, done in (
            ("ingest", 1000),
            ("normalize", 1000),
            ("validate", 1000),
            ("enrich", 1000),
            ("dedup", 1000),
            ("score", 1000),
        )
    ],
    "reasons": [
        {"status": "rejected", "code": "below_bar", "rows": 101},
        {"status": "duplicate", "code": "duplicate", "rows": 50},
        {"status": "failed", "code": "scoring_failed", "rows": 2},
    ],
    "phase3_metrics": {
        "cache_hit_rate": 0.94,
        "predictive_matches": 780,
        "multi_source_validated": 847,
        "avg_confidence": 0.96,
    },
    "rule_id": "sr_abc123",
    "rule_version": 3,
    "model_version": 12,
    "credits": 948,
}

QUALIFIED: Final[dict[str, Any]] = {
    "status": "QUALIFIED",
    "score": 98.5,
    "account": {
        "name": "TechFlow Systems",
        "domain": "techflow.com",
        "signals": ["Series B", "Hiring"],
        "technologies": ["AWS", "Salesforce"],
        "industry": "Technology",
        "employees": 240,
        "country": "US",
    },
    "contact": {
        "full_name": "Sarah Miller",
        "title_normalized": "VP of Sales",
        "email": "sarah@techflow.com",
        "email_status": "verified_deliverable",
        "phone": "+1-555-0199",
        "phone_status": "mobile_active",
        "first_name": "Sarah",
        "last_name": "Miller",
        "title": "VP of Sales",
        "seniority": "vp",
        "function": "sales",
        "linkedin": None,
        "city": None,
        "region": None,
        "country": "US",
        "email_reasons": [],
        "email_suggestion": None,
    },
    "dedup_confidence": 0.99,
    "lead_id": LEAD_ID,
    "row": 2,
    "external_id": None,
    "scores": {
        "rule": 85,
        "tier": "hot",
        "rule_id": "sr_abc123",
        "rule_version": 3,
        "similarity": 98.5,
        "grade": "A",
        "percentile": 99.1,
        "model_version": 12,
    },
    "reason": None,
    "duplicate_of": None,
    "phase3_metrics": {"cache_hit": True, "predictive_match": False, "sources": 2, "confidence": 0.99},
    "source": {"Note": "met in Berlin"},
}

LEAD: Final[dict[str, Any]] = {
    **QUALIFIED,
    "batch_id": BATCH_ID,
    "created_at": "2026-11-02T09:30:04Z",
    "matches": [
        {
            "with_lead": OTHER_LEAD_ID,
            "probability": 0.9997,
            "prior": -10.2,
            "steps": [
                {"field": "email", "level": "the same", "weight": 14.1, "total": 3.9},
                {"field": "full_name", "level": "the same", "weight": 7.8, "total": 11.7},
            ],
        }
    ],
    "duplicates": [OTHER_LEAD_ID],
    "sources": [
        {"field": "email", "source": "row", "observed_at": "2026-11-02T09:30:00Z"},
        {"field": "country", "source": "directory", "observed_at": "2026-10-14T00:00:00Z"},
    ],
    "attributes": {"industry": "Technology", "employees": 240, "country": "US", "technologies": ["AWS", "Salesforce"]},
}

UNMERGED: Final[dict[str, Any]] = {"lead_id": OTHER_LEAD_ID, "batch_id": BATCH_ID, "survivor": LEAD_ID}

RECEIPT: Final[dict[str, Any]] = {
    "receipt_id": "ers_0198f2c5a1b27c3d8e4f5a6b7c8d9e0f",
    "tenant_id": "0198f2c5-a1b2-7c3d-8e4f-5a6b7c8d9e0f",
    "erased_at": "2026-11-02T09:30:00Z",
    "pseudonyms": ["email:1:9f86d081884c7d659a2feaa0c55ad015"],
    "leads": 2,
    "stores": [
        {"store": "vault_keys", "action": "key_destroyed", "records": 2},
        {"store": "vault", "action": "deleted", "records": 2},
        {"store": "uploads", "action": "none_found", "records": 0},
    ],
    "tombstone": True,
    "backups": "Keys are gone from back-ups by 2026-11-09.",
    "signature": "c2lnbmF0dXJl",
    "public_key": "cHVibGljIGtleQ",
}

PACKAGE: Final[dict[str, Any]] = {
    "generated_at": "2026-11-02T09:30:00Z",
    "leads": [LEAD],
    "erased_before": False,
    "purposes": ["Finding out whether a person's company is worth a call."],
    "retention_days": 400,
}
