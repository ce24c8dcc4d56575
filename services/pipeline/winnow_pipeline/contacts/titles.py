"""Job titles: how high, in which field, and both in the words of one list ("VP of Sales")."""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from winnow_pipeline.contacts.texts import without_marks

_LEVELS: Final = (
    ("intern", r"intern(?:ship)?|trainee|praktikant(?:in)?|stagiaire|becario|werkstudent(?:in)?|stagista|apprentice|azubi"),
    ("c_level", r"c[efotmidrspkl]o|ceo|chief\s+(?:\w+\s+){1,3}officer|chief of staff|geschaftsfuhr(?:er|erin|ung)|pdg|"
     r"directeur general|directora? general|amministratore delegato|managing director|vorstand|president(?!e)|gerente general|"
     r"verkstallande direktor|chairman|chairwoman|prezes"),
    ("vp", r"[esa]?vp|vice[\s-]+president|vicepresident[ea]?"),
    ("partner", r"(?:managing |senior |general |equity )?partner(?!\s*(?:manager|marketing|success|account|sales))"),
    ("owner", r"owner|founder|co-?founder|cofounder|inhaber(?:in)?|proprietor|grunder(?:in)?|fondateur|fondatrice|"
     r"fundador[a]?|titular|eigenaar|proprietaire|wlasciciel|self[\s-]employed|entrepreneur|unternehmer(?:in)?"),
    ("head", r"head|leiter(?:in)?|leitung|responsable|responsabile|chef(?:fe)?(?: de| d)|bereichsleiter(?:in)?|hoofd|kierownik"),
    ("director", r"director[a]?|directeur|directrice|direktor(?:in)?|direttore|diretor[a]?|dyrektor"),
    ("manager", r"manager(?:in)?|gerente|management|lead(?:er)?|supervisor|superintendent|coordinator|teamleiter(?:in)?|principal"),
    ("senior", r"senior|sr|snr|staff|expert"),
    ("junior", r"junior|jr|jnr|assistant|assistent(?:in)?|associate|entry"),
)  # fmt: skip
_FUNCTIONS: Final = (
    ("human_resources", "HR", r"hr|human resources|people|talent|recruit\w*|personal(?:leiter|wesen|referent)\w*|rh|"
     r"ressources humaines|recursos humanos|payroll|learning"),
    ("finance", "Finance", r"financ\w*|cfo|accounting|accountant|controller|controlling|treasur\w*|audit\w*|tax|bookkeep\w*|"
     r"buchhalt\w*|finanz\w*|comptab\w*|billing|banker|investment\w*|economist"),
    ("legal", "Legal", r"legal|counsel|lawyer|attorney|compliance|jurist\w*|rechts\w*|juridique|paralegal|clo"),
    ("marketing", "Marketing", r"marketing|cmo|brand|communications?|content|seo|growth|pr|public relations|advertis\w*|"
     r"social media|demand generation|copywriter|kommunikation|events?|media"),
    ("customer_success", "Customer Success", r"customer|client success|support|service desk|kundenservice|kundenbetreu\w*|"
     r"account management|call cent\w*|helpdesk"),
    ("product", "Product", r"product|cpo|ux|ui|design\w*|produkt\w*"),
    ("data", "Data", r"data|analytics|statistic\w*|machine learning|ai|bi|business intelligence|scientist|analyst"),
    ("it", "IT", r"it|cio|information technology|systems?|network\w*|infrastructure|security|ciso|sysadmin|administrator|"
     r"database|edv|informati\w*|cloud|computer"),
    ("engineering", "Engineering", r"engineer\w*|cto|develop\w*|software|devops|programm\w*|architect\w*|technology|"
     r"technical|technik\w*|entwickl\w*|ingenie\w*|r&d|research|qa|quality|technician|mechanic\w*|electric\w*"),
    ("sales", "Sales", r"sales|cro|revenue|business development|account executive|account manager|bdr|sdr|vertrieb\w*|"
     r"verkauf\w*|commercial[e]?|ventas|ventes|vendite|vendas|verkoop|seller|salesperson|key account|partnerships?"),
    ("operations", "Operations", r"operations?|coo|supply|logisti\w*|procurement|purchas\w*|buyer|einkauf\w*|achats|"
     r"manufactur\w*|production|warehouse|facilit\w*|fleet|transport\w*|plant|projects?|program|office|betrieb\w*"),
    ("education", "Education", r"teacher|professor|lecturer|education\w*|instructor|dean|lehrer(?:in)?|school|academic|tutor"),
    ("healthcare", "Healthcare", r"doctor|physician|nurse|medical|clinical|health\w*|pharmac\w*|dentist|therapist|surgeon|arzt"),
)  # fmt: skip
_LEVEL_PATTERNS: Final = tuple((name, re.compile(rf"\b(?:{pattern})\b")) for name, pattern in _LEVELS)
_FUNCTION_PATTERNS: Final = tuple(
    (name, shown, re.compile(rf"\b(?:{pattern})\b")) for name, shown, pattern in _FUNCTIONS
)
_ABBREVIATIONS: Final = (
    ("CEO", r"ceo|chief executive|geschaftsfuhr\w*|pdg|directeur general|directora? general|amministratore delegato|"
     r"managing director|gerente general|prezes|verkstallande direktor"),
    ("CFO", r"cfo|chief financ\w*"),
    ("CTO", r"cto|chief techn\w*"),
    ("CMO", r"cmo|chief marketing"),
    ("COO", r"coo|chief operat\w*"),
    ("CIO", r"cio|chief information(?! security)"),
    ("CISO", r"ciso|chief information security|cso"),
    ("CPO", r"cpo|chief product"),
    ("CRO", r"cro|chief revenue|chief sales|chief commercial"),
    ("CHRO", r"chro|chief people|chief human"),
    ("President", r"president"),
    ("Chairman", r"chair\w*"),
)  # fmt: skip
_ABBREVIATION_PATTERNS: Final = tuple((name, re.compile(rf"\b(?:{pattern})\b")) for name, pattern in _ABBREVIATIONS)
_ASSISTS: Final = re.compile(
    r"\b(?:assistant|assistent(?:in)?|secretary|sekretar\w*|pa|office) (?:to|of|der|des|the)\b"
)
_SMALL_WORDS: Final = frozenset("of and for the in to at de la du des et und für".split())  # noqa: SIM905
_WORD: Final = re.compile(r"[\w&'’.+-]+")


class Title(NamedTuple):
    """What a title says; None where it says nothing of it."""

    normalized: str | None
    seniority: str | None
    function: str | None


@lru_cache(maxsize=65_536)
def title_of(text: str) -> Title:
    """A title in the words of the list, as far as it says anything; else in the usual case."""
    plain = " ".join(without_marks(text).replace("-", " ").replace("/", " ").replace(",", " ").split())
    seniority = "junior" if _ASSISTS.search(plain) else _seniority(plain)
    function, shown = _function(plain, seniority)
    return Title(_normalized(text, plain, seniority, shown), seniority, function)


def _seniority(plain: str) -> str | None:
    for name, pattern in _LEVEL_PATTERNS:
        if pattern.search(plain):
            return name
    return "staff" if any(pattern.search(plain) for _, _, pattern in _FUNCTION_PATTERNS) else None


def _function(plain: str, seniority: str | None) -> tuple[str | None, str | None]:
    if seniority == "c_level" and re.search(r"\b(?:ceo|chief executive|managing director|geschaftsfuhr\w*)\b", plain):
        return "management", None
    found = [
        (match.start(), name, shown) for name, shown, pattern in _FUNCTION_PATTERNS if (match := pattern.search(plain))
    ]
    if not found:
        return ("management", None) if seniority in {"c_level", "owner", "partner"} else (None, None)
    _, name, shown = min(found)
    return name, shown


def _normalized(text: str, plain: str, seniority: str | None, shown: str | None) -> str:
    if seniority == "c_level":
        for name, pattern in _ABBREVIATION_PATTERNS:
            if pattern.search(plain):
                return name
    forms = {"vp": "VP", "head": "Head", "director": "Director"}
    if seniority in forms:
        return f"{forms[seniority]} of {shown}" if shown else forms[seniority]
    if seniority == "owner":
        return "Founder" if re.search(r"found|grunder|fundador|fondat", plain) else "Owner"
    return _cased(text)


def _cased(text: str) -> str:
    """In title case, where it is all in one case."""
    if not (text.isupper() or text.islower()):
        return text
    words = text.split()
    return " ".join(
        word.lower() if place and word.lower() in _SMALL_WORDS else _WORD.sub(lambda match: match[0].capitalize(), word)
        for place, word in enumerate(words)
    )
