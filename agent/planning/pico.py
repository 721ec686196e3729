"""Population, intervention, comparison and outcome, read out of how clinical questions are put.

Source of the scheme: Richardson, Wilson, Nishikawa and Hayward, "The well-built clinical question",
ACP Journal Club 1995. What a question leaves open stays "", and so does what the patterns cannot
place: they know the common shapes of a question, not its meaning.
"""

from __future__ import annotations

import re
from dataclasses import replace

from agent.language.question_words import key_words
from agent.plan import Pico

_GROUP = (
    r"(?:patients?|people|persons?|individuals|adults?|children|infants?|neonates?|newborns?|babies|adolescents|teenagers|women|men|girls|boys"
    r"|mothers|athletes|smokers|survivors|workers|nurses|recipients|carriers|elderly|females?|males?|pregnancy|pregnan\w+|users|veterans|students)"
)
CHANGE = (
    r"(?:reduc\w+|lower\w*|improv\w+|increas\w+|prevent\w*|decreas\w+|rais\w+|affect\w*|influenc\w+|caus\w+|treat\w*|worsen\w*|prolong\w*"
    r"|protect\w*(?: against)?|delay\w*|slow\w*|shorten\w*|reliev\w+|cur\w+|alleviat\w+|induc\w+|trigger\w*|promot\w+|predict\w*|lead\w* to|result\w* in"
    r"|help\w*(?: with| prevent| reduce)?|halt\w*|stop\w*|revers\w+|chang\w+|alter\w*|enhanc\w+|restor\w+|control\w*|halv\w+|cut|benefit\w*|harm\w*|work\w*|damag\w+)"
)
_GOOD = (
    r"(?:more |less |as |very |cost-)?(?:effective|efficacious|safe|safer|useful|beneficial|helpful|harmful|dangerous|toxic|superior|inferior|non-?inferior|better|worse|indicated"
    r"|recommended|contraindicated|used|approved|given|tolerated|well tolerated|worthwhile|good|bad)"
)
_AUX = r"(?:does|do|did|can|could|should|would|will|may|might|is|are|was|were|has|have)"
_TREATING = r"(?:the )?(?:treatment|management|prevention|therapy|prophylaxis|treating|managing|preventing|setting|case|relief) of "
_LINK = r"(?:associated|linked|related|correlated)(?: with| to)"
_FINDING = (
    r"(?:risk factors?|causes?|predictors?|symptoms?|signs|complications?|side effects?|adverse (?:effects?|events?)|prevalence|incidence|prognosis|survival|mortality|outcomes?"
    r"|dos(?:e|age|ing)|mechanism(?:s)?(?: of action)?|diagnos(?:is|tic criteria)|sensitivity|specificity|accuracy|safety|indications?|benefits?|biomarkers?)"
)
_COMPARED = re.compile(
    r",? (?:when |as )?(?:compared (?:with|to)|in comparison (?:with|to)|versus|vs\.?|rather than|instead of|better than|superior to|inferior to|than|over) (?!the (?:last|past))"
    rf"(?P<c>[^,?]+?)(?=,| (?:in|for|among|on|after|during|to) | {CHANGE} |$)",
    re.IGNORECASE,
)
_LEADING_POPULATION = re.compile(
    rf"^(?:in|among|for) (?P<p>[^,?]*\b{_GROUP}\b[^,?]*|{_TREATING}[^,?]+|[^,?]+), ", re.IGNORECASE
)
_TRAILING_POPULATION = re.compile(
    r"^(?P<rest>.*?\S)(?<!reduction)(?<!increase)(?<!decrease)(?<!change)(?<!changes)(?<!improvement)(?<!rise) (?:in|among|for) "
    rf"(?P<p>(?:{_TREATING})?(?!the (?:last|past)|vitro|vivo|(?:19|20)\d\d).+)$",
    re.IGNORECASE,
)

_AIM_IN = re.compile(
    r"(?P<o>(?:[\w-]+ ){0,2}?(?:prevention|mortality|survival|relief|control|reduction|prophylaxis|recovery)) (?:in|among|of) (?P<p>.+)$",
    re.IGNORECASE,
)

# The shapes of a question once comparison and population are cut out; i and o are named groups.
_SHAPES = tuple(
    re.compile(shape, re.IGNORECASE)
    for shape in (
        rf"^(?:what|which) (?:is|are|was|were) (?:the )?(?:\w+ )?(?P<o>{_FINDING}) (?:of|for|with|from) (?P<i>.+)$",
        r"^(?:what|how) (?:is|are|was|were) (?:the )?(?:\w+ )?(?:effects?|efficacy|effectiveness|impact|influence|role|use|value) (?:of|for) (?P<i>.+?)(?: (?:on|upon) (?P<o>.+))?$",
        r"^(?:is|are|was|were) there (?:an? |any )?(?:association|link|relationship|correlation|connection) between (?P<i>.+?) and (?P<o>.+)$",
        rf"^{_AUX} (?P<i>.+?) (?:\w+ly )?{_LINK} (?P<o>.+)$",
        rf"^how (?:\w+ )?(?:effective|safe|useful|good|well|much|accurate)(?: {_AUX})? (?P<i>.+?)(?: {CHANGE} (?P<o>.+))?$",
        rf"^{_AUX} (?P<i>.+?) (?:be |still |really |significantly |also |not )*(?P<verb>{CHANGE})(?: the)?(?: (?P<o>.+))?$",
        rf"^{_AUX} (?P<i>.+?) (?:be |a |an )*(?P<verb>{_GOOD})\b(?: (?:therapy|treatment|option|drug|choice))?(?: (?:as|against|to) (?P<o>.+))?$",
        rf"^(?:what|which) (?:is|are|was|were) (?:the )?(?:\w+ )?(?P<o>{_FINDING})$",
        rf"^{_AUX} (?P<i>[\w/+-]+(?: [\w/+-]+)?)$",
        rf"^(?:what|which) (?:\w+ )*?(?P<verb>{CHANGE}) (?P<o>.+)$",
    )
)
_ARTICLES = re.compile(
    r"^(?:there (?:an?|any) association of|there|the|a|an|any|some|use of|treatment with|therapy with|using|taking|giving|the use of) ",
    re.IGNORECASE,
)


def read_pico(question: str) -> Pico:
    """What of population, intervention, comparison and outcome the question names."""
    text = re.sub(r"\s+", " ", question).strip().rstrip("?.! ")
    pico = Pico()
    if found := _LEADING_POPULATION.match(text):
        pico = replace(pico, population=_plain(found["p"]))
        text = text[found.end() :]
    if found := _COMPARED.search(text):
        pico = replace(pico, comparison=_plain(found["c"]))
        # "Is A better than B" keeps its adjective, so that the shape still shows.
        said = found.group().lstrip(" ,")
        kept = said.split()[0] if re.match(r"better|superior|inferior", said, re.IGNORECASE) else ""
        text = f"{text[: found.start()]} {kept}{text[found.end() :]}"
        text = re.sub(r"\s+", " ", text).strip()
    if not pico.population and (found := _TRAILING_POPULATION.match(text)):
        text, pico = _placed(found["rest"], found["p"], pico)
    return _shaped(text, pico)


def _placed(rest: str, named: str, pico: Pico) -> tuple[str, Pico]:
    """What stands behind "in" or "for": (text without it, what it names)."""
    if found := re.match(r"(?:preventing|reducing|improving|lowering) (?P<o>.+)$", named):
        return rest, replace(pico, outcome=found["o"])
    if found := _AIM_IN.match(named):
        return rest, replace(pico, outcome=found["o"], population=_plain(found["p"]))
    # "Does A in childhood raise the risk of B": the sentence goes on behind the population.
    if found := re.match(rf"(?P<p>.+?) (?P<on>{CHANGE} .+)$", named, re.IGNORECASE):
        return f"{rest} {found['on']}", replace(pico, population=_plain(found["p"]))
    return rest, replace(pico, population=_plain(named))


def _shaped(text: str, pico: Pico) -> Pico:
    names = pico.comparison or pico.population
    if names and not re.match(
        rf"(?:{_AUX}|what|which|how|who|why|where|when|list|describe|name)\b", text, re.IGNORECASE
    ):
        return replace(pico, intervention=_plain(text))
    for shape in _SHAPES:
        if found := shape.match(text):
            named = found.groupdict()
            if named.get("i") and not key_words(named["i"]):
                continue  # "can I stop …" names no intervention before its verb
            return replace(
                pico,
                intervention=_plain(named.get("i") or ""),
                outcome=_outcome(named.get("o") or "", named.get("verb") or "") or pico.outcome,
            )
    return pico


def _outcome(named: str, verb: str) -> str:
    """The outcome; of "is it safe" safety, of "does it help" nothing."""
    if not named and re.search(r"safe|harm|danger|toxic|tolerat", verb, re.IGNORECASE):
        return "safety"
    return _plain(named)


def _plain(text: str) -> str:
    text = re.sub(rf"^{_TREATING}", "", text.strip(" ,?."), flags=re.IGNORECASE)
    return _ARTICLES.sub("", text)
