"""The words of job titles in the languages of lead lists, and what they say of rank and department.

All are folded: lower case, no accents. A word may be a phrase; the longest that fits counts.
"""

from typing import Final

CHIEFS: Final = {
    "executive": ("CEO", None),
    "technology": ("CTO", "engineering"),
    "technical": ("CTO", "engineering"),
    "financial": ("CFO", "finance"),
    "finance": ("CFO", "finance"),
    "operating": ("COO", "operations"),
    "operations": ("COO", "operations"),
    "marketing": ("CMO", "marketing"),
    "revenue": ("CRO", "sales"),
    "information": ("CIO", "it"),
    "information security": ("CISO", "it"),
    "security": ("CSO", "it"),
    "product": ("CPO", "product"),
    "people": ("CPO", "human_resources"),
    "human resources": ("CHRO", "human_resources"),
    "commercial": ("CCO", "sales"),
    "customer": ("CCO", "customer_success"),
    "data": ("CDO", "data"),
    "digital": ("CDO", "it"),
    "legal": ("CLO", "legal"),
    "compliance": ("CCO", "legal"),
    "medical": ("CMO", "healthcare"),
    "scientific": ("CSO", "research"),
    "science": ("CSO", "research"),
    "strategy": ("CSO", "management"),
    "growth": ("CGO", "marketing"),
    "procurement": ("CPO", "procurement"),
    "sales": ("CSO", "sales"),
    "accounting": ("CAO", "finance"),
    "administrative": ("CAO", "administration"),
    "risk": ("CRO", "finance"),
    "design": ("CDO", "design"),
}
"""Of "chief ... officer": the short form and the department."""

ACRONYMS: Final = {
    "ceo": None, "cto": "engineering", "cfo": "finance", "coo": "operations", "cmo": "marketing", "cro": "sales",
    "cio": "it", "ciso": "it", "cpo": "product", "chro": "human_resources", "cco": "sales", "cdo": "data",
    "clo": "legal", "cso": "sales", "cgo": "marketing", "cxo": None, "cao": "finance", "cbo": "sales", "pdg": None,
}  # fmt: skip
"""Of whole titles: the department."""

RANKS: Final = {
    "executive vice president": ("EVP", "vp"), "senior vice president": ("SVP", "vp"), "evp": ("EVP", "vp"),
    "svp": ("SVP", "vp"), "senior vp": ("SVP", "vp"), "sr vp": ("SVP", "vp"), "sr vice president": ("SVP", "vp"),
    "executive vp": ("EVP", "vp"), "assistant vice president": ("AVP", "vp"), "avp": ("AVP", "vp"),
    "associate vice president": ("AVP", "vp"), "vice president": ("VP", "vp"), "vice-president": ("VP", "vp"),
    "vp": ("VP", "vp"), "v p": ("VP", "vp"), "vicepresident": ("VP", "vp"), "vicepresidente": ("VP", "vp"),
    "vice presidente": ("VP", "vp"), "vizeprasident": ("VP", "vp"), "vice president executif": ("EVP", "vp"),
    "managing director": ("Managing Director", "c_level"), "directeur general": ("Managing Director", "c_level"),
    "directrice generale": ("Managing Director", "c_level"), "director general": ("Managing Director", "c_level"),
    "directora general": ("Managing Director", "c_level"), "direttore generale": ("Managing Director", "c_level"),
    "geschaftsfuhrer": ("Managing Director", "c_level"), "geschaftsfuhrerin": ("Managing Director", "c_level"),
    "geschaeftsfuehrer": ("Managing Director", "c_level"),
    "geschaftsfuhrender gesellschafter": ("Managing Partner", "owner"), "gerant": ("Managing Director", "c_level"),
    "gerante": ("Managing Director", "c_level"), "gerente general": ("General Manager", "c_level"),
    "general manager": ("General Manager", "director"), "vorstand": ("Board Member", "c_level"),
    "vorstandsmitglied": ("Board Member", "c_level"), "board member": ("Board Member", "c_level"),
    "managing partner": ("Managing Partner", "partner"), "general partner": ("General Partner", "partner"),
    "senior director": ("Senior Director", "director"), "sr director": ("Senior Director", "director"),
    "associate director": ("Associate Director", "director"),
    "executive director": ("Executive Director", "director"),
    "assistant director": ("Assistant Director", "director"), "deputy director": ("Deputy Director", "director"),
    "regional director": ("Regional Director", "director"), "director": ("Director", "director"),
    "directeur": ("Director", "director"), "directrice": ("Director", "director"),
    "directora": ("Director", "director"), "direttore": ("Director", "director"),
    "direttrice": ("Director", "director"), "diretor": ("Director", "director"), "diretora": ("Director", "director"),
    "direktor": ("Director", "director"), "direktorin": ("Director", "director"),
    "directeur adjoint": ("Deputy Director", "director"), "head": ("Head", "head"),
    "global head": ("Global Head", "head"), "leiter": ("Head", "head"), "leiterin": ("Head", "head"),
    "leitung": ("Head", "head"), "bereichsleiter": ("Head", "head"), "abteilungsleiter": ("Head", "head"),
    "jefe": ("Head", "head"), "jefa": ("Head", "head"), "chef": ("Head", "head"),
    "responsable": ("Manager", "manager"), "responsabile": ("Manager", "manager"), "hoofd": ("Head", "head"),
}  # fmt: skip
"""Ranks that a department follows or precedes: "VP of Sales"."""

SENIORITIES: Final = {
    "intern": """
        intern internship trainee praktikant praktikantin stagiaire becario tirocinante werkstudent apprentice
        apprenti auszubildender azubi
    """,
    "owner": """
        owner founder co-founder cofounder founding inhaber inhaberin fondateur fondatrice cofondateur grunder
        grunderin fundador fundadora cofundador proprietor proprietaire propietario titolare dueno eigentumer
    """,
    "partner": """
        partner associe associee socio gesellschafter
    """,
    "c_level": """
        ceo cto cfo coo cmo cro cio ciso cpo chro cco cdo clo cso cgo cxo cao cbo pdg president presidente prasident
        chairman chairwoman chairperson
    """,
    "vp": """
        vp svp evp avp
    """,
    "director": """
        director directeur directrice directora direttore direktor
    """,
    "head": """
        head chief leiter leiterin
    """,
    "manager": """
        manager mgr managerin gerente responsable responsabile supervisor superintendent teamleiter foreman kierownik
        principal
    """,
    "junior": """
        junior jr entry-level graduate assistant assistent assistentin assistante asistente
    """,
    "senior": """
        senior sr lead staff-engineer architect expert
    """,
}
"""Words of each rank, the ranks in the order in which they are looked for; anything else is `staff`."""

NO_RANK: Final = (
    "business partner", "partner manager", "product owner", "process owner", "channel partner", "partner success",
    "chief of staff", "executive assistant", "assistant manager", "partner marketing", "partner sales",
    "account owner", "head nurse", "head chef", "partnership",
)  # fmt: skip
"""Phrases whose words say nothing of the rank that they name elsewhere."""

DEPARTMENTS: Final = {
    "sales": (
        "Sales",
        """
        sales sale vertrieb verkauf ventas vendite vendas commercial commerciale comercial account-executive sdr bdr
        revenue business-development biz-dev bizdev key-account account-manager account-management account-director
        channel partnerships inside-sales vente ventes verkaufer verkauferin salesperson salesman sales-representative
        account-representative presales pre-sales
        """,
    ),
    "marketing": (
        "Marketing",
        """
        marketing mktg brand content seo sem growth communications communication pr public-relations social-media
        demand-generation demand-gen copywriter advertising kommunikation comunicacion community campaign
        market-research crm
        """,
    ),
    "engineering": (
        "Engineering",
        """
        engineering engineer eng developer software devops programmer architect entwickler entwicklerin developpeur
        ingenieur ingenieure ingeniero desarrollador sviluppatore technology technical technik backend frontend
        full-stack fullstack qa quality-assurance sre tech r&d entwicklung
        """,
    ),
    "it": (
        "IT",
        """
        it information-technology sysadmin system-administrator systems-administrator network help-desk helpdesk
        infrastructure security cybersecurity information-security informatique informatik edv database-administrator
        information-systems systems
        """,
    ),
    "data": (
        "Data",
        """
        data analytics data-science data-scientist machine-learning ai business-intelligence bi statistician
        """,
    ),
    "product": (
        "Product",
        """
        product produkt produit producto product-management product-owner
        """,
    ),
    "design": (
        "Design",
        """
        design designer ux ui user-experience creative art graphic
        """,
    ),
    "finance": (
        "Finance",
        """
        finance financial accounting accountant controller controlling treasurer treasury audit auditor tax bookkeeper
        finanzen buchhaltung finanza finanzas comptable comptabilite investor investment banker payroll credit billing
        actuary contable finances
        """,
    ),
    "human_resources": (
        "Human Resources",
        """
        human-resources hr rh people talent recruiter recruiting recruitment personal personalwesen personalleiter
        recursos-humanos ressources-humaines risorse-umane learning training compensation people-operations staffing
        """,
    ),
    "operations": (
        "Operations",
        """
        operations operation ops logistics supply-chain production manufacturing plant warehouse betrieb produktion
        logistik operaciones produccion exploitation facilities fleet dispatcher project program projekt projektleiter
        projet proyecto pmo scrum quality process
        """,
    ),
    "procurement": (
        "Procurement",
        """
        procurement purchasing buyer sourcing einkauf einkaufer achats acheteur compras acquisti
        """,
    ),
    "customer_success": (
        "Customer Success",
        """
        customer-success customer-service customer-support customer customer-experience client-services support
        client-success kundenservice kundenbetreuung service-client onboarding implementation technical-support
        call-center
        """,
    ),
    "legal": (
        "Legal",
        """
        legal counsel lawyer attorney paralegal compliance recht jurist juriste juridique avocat abogado privacy
        regulatory notary solicitor barrister
        """,
    ),
    "research": (
        "Research",
        """
        research researcher scientist forschung recherche investigacion laboratory lab chemist biologist physicist
        """,
    ),
    "healthcare": (
        "Healthcare",
        """
        nurse physician doctor medical clinical surgeon pharmacist therapist dental dentist health healthcare pharmacy
        arzt nursing patient veterinarian
        """,
    ),
    "education": (
        "Education",
        """
        teacher professor lecturer education instructor tutor dean school teaching faculty
        """,
    ),
    "administration": (
        "Administration",
        """
        administration administrative office assistant secretary receptionist clerk sekretariat secretaire
        executive-assistant office-manager personal-assistant assistentin assistante
        """,
    ),
}
"""The English name and the words of each department; those of more than one word are joined by hyphens."""

SPELLED: Final = {
    "sr": "Senior", "jr": "Junior", "mgr": "Manager", "mngr": "Manager", "dir": "Director", "eng": "Engineer",
    "engr": "Engineer", "dev": "Developer", "mktg": "Marketing", "ops": "Operations", "exec": "Executive",
    "asst": "Assistant", "assoc": "Associate", "acct": "Account", "bus": "Business", "svc": "Service",
    "svcs": "Services", "tech": "Tech", "admin": "Administrator", "coord": "Coordinator", "rep": "Representative",
    "govt": "Government", "intl": "International", "natl": "National", "mfg": "Manufacturing", "pres": "President",
    "prof": "Professor", "supv": "Supervisor", "biz": "Business", "bizdev": "Business Development",
    "mgmt": "Management", "spec": "Specialist",
}  # fmt: skip

UPPER: Final = frozenset(
    """
    ai apac api avp aws b2b b2c bdr bi cbo cco cdo ceo cfo cgo chro cio ciso clo cmo cnc coo cpo crm cro cso cto cxo
    dach ehs emea erp eu evp hr hse hvac ios it latam lpn ml pdg php pmo pr qa r&d rn saas sap sdr sem seo sql sre svp
    ui uk us usa ux vp
    """.split()  # noqa: SIM905 - a list of words
)
SMALL: Final = frozenset("& and at da das de der des di die du e en et for fur in la le les of on the to und y".split())  # noqa: SIM905
