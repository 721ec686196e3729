"""Patterns for `scope`: how people describe danger, their own case, and topics outside biomedicine.

Each is a regular expression, searched for without regard to case unless it says otherwise.
"""

from __future__ import annotations

# Who the question is about

RELATIVE = (
    r"(?:father|dad|daddy|girl|boy|mother|mum|mummy|mom|mommy|parents?|son|daughter|child|kids?|children|bab(?:y|ies)|toddler|infant|newborn"
    r"|twins?|wife|husband|partner|spouse|girlfriend|boyfriend|fianc[eé]e?|brother|sister|siblings?|uncle|aunt|cousin|nephew|niece"
    r"|grand(?:ma|pa|dad|mother|father|son|daughter|child|parents?)|gran|granny|nan|nana|friend|neighbou?r|colleague|co-?worker|boss|room-?mate|flat-?mate"
    r"|(?:year|month|week|day)s?[ -]olds?|dog|cat)"
)
OWN_RELATIVE = rf"\b(?:my|our)\b(?!-)(?: [\w'-]+){{0,3}}? {RELATIVE}(?:'s)?\b"
# "Grandpa can't speak", "husband has …": without an article, the relative is the writer's own.
BARE_RELATIVE = rf"^(?:help[,!]? |please[,!]? |hi[,!]? )?{RELATIVE}(?: in law)?\b(?= (?:has|is|had|have|having|just|can't|cannot|can not|isn't|won't|fell|took|ate|drank|swallowed|collapsed|passed|stopped|not)\b)"
KIN = r"\b(?:dad|daddy|mum|mummy|mom|mommy|granny|gran|nan|nana|grand(?:ma|pa|dad)|aunt|uncle|girlfriend|boyfriend|room-?mate|flat-?mate|mi (?:espos[oa]|hij[oa]|madre|padre)|mon (?:mari|bébé|père|fils)|mein (?:Vater|Mann|Kind))\b"
OWN_PATIENT = r"\b(?:my|this|the) patient\b(?!s| (?:population|group|cohort|with|who|population))"
SOMEBODY = (
    r"\b(?:he|she)(?:'s)?\b|\b(?:someone|somebody)(?:'s)?\b"
    r"|\ba(?:nother)? (?:\w+ )?(?:man|woman|person|guy|lady|boy|girl|kid|baby|child|stranger|passenger|cyclist|colleague|friend|neighbou?r|customer|guest|relative|pupil|student)\b(?= (?:is|has|having|who|just|here|next to|beside|in front of|near)\b)"
    r"|\b(?:the|this) (?:man|woman|person|guy|lady|boy|girl|kid|baby|child) (?:is|has|just|next to|beside|in front of|near)\b"
)
VIGNETTE = (
    r"\b\d{1,3}[- ]?(?:years?|yrs?|months?|weeks?|days?|y)[- /]?(?:old|o)\b(?: [\w-]+){0,3}? (?:man|woman|male|female|boy|girl|patient|lady|gentleman|child|infant)\b"
    r",? (?:presents?|presented|presenting|comes?|came|is brought|was brought|has|had|with|complain\w*|developed|develops|is admitted|was admitted|who)\b"
)
# The pronoun, not the numeral of "type I", "stage I" or "troponin I".
FIRST_PERSON = (
    r"\bI(?:'m|'ve|'d|'ll)\b|^I (?!and\b|or\b)|[,.;:?!] I\b|\b(?:can|should|do|did|could|may|must|will|would|shall|am|if|when|that|and|but|because|once|while|until|as|so|than|what|why|where|think|says?|after|before|since|unless) I\b(?!-| (?:and|or|vs) )"
    r"|\bI (?:am|have|had|was|feel|felt|take|need|want|think|keep|got|get|can|can't|could|should|will|did|don't|do|missed|lost|drank|drink|ate|took|smoke|just|only|really|still|been)\b"
)
# Polite or scholarly first persons, which reveal nothing about the writer; removed before matching.
LEAD_IN = (
    r"\b(?:tell|give|show|list|send|remind|find|get) me\b(?! (?:a prescription|antibiotics))|\bexplain (?:it )?to me\b|\bhelp me (?:understand|find|to understand|to find|learn|with (?:a|my|the) (?:review|thesis|paper|literature))\b"
    r"|\bI(?:'d| would| want to| need to)?(?: like to| want to| need to)? (?:know|learn|understand|read|heard|wonder|wondered|ask)\b(?: (?:that|whether|if|about))?|\bI(?:'m| am) (?:curious|wondering|interested|looking)\b|\bI(?: need| want| would like) (?:the )?(?:evidence|studies|papers|trials|literature|references)\b|\b(?:can|do|could|where can) I find\b"
    r"|\bmy (?:patients|patient population|understanding|(?:next |other )?question|thesis|review|study|research|paper|practice|colleagues|clinic|students|exam|knowledge|field)\b"
)
AT_WORK = (
    r"\b(?:I(?: am|'m)|as) (?:an? |the )?(?:[\w-]+ ){0,3}?(?:\w+ologist|\w+ician|gp|doctor|nurse|midwife|surgeon|student|researcher|resident"
    r"|registrar|pharmacist|paramedic|librarian|writing|reviewing|preparing|researching|working|looking|studying|interested)\b"
)
# A clinician's first person: "Should I use LMWH or a DOAC in …?"
CLINICAL = (
    r"\b(?:can|should|do|could|would|may|must|shall) I (?:\w+ )?(?:use|choose|prescribe|start|give|offer|order|manage|treat|recommend|monitor|screen|consider|dose|combine|refer|switch|stop|add|expect|counsel|test|continue|withhold|anticoagulate|intubate)\b"
    r"[^.?!]*\b(?:in|for|between|to)\b|\b(?:do|should|can) I (?:interpret|manage|diagnose|screen for|choose between|calculate|measure|differentiate|distinguish)\b"
)
# Clinicians' shorthand for a patient: "78F", "67 y/o man", "pt on warfarin", "Bed 12".
SHORTHAND = (
    r"\b\d{1,3} ?(?:[MF]|y/?o|y\.o\.?|yo)\b|\b(?-i:[MF])/?\d{2}\b|\b(?:pts?|px|hx|dx|tx|rx|c/o|s/p|w/o|post-?op|pre-?op|ROSC|bed \d+)\b|\b\d{2} ?/ ?40\b"
    r"|\b(?:my|this|the|a|your|our|an?) (?:[\w-]+ ){0,4}?patients?\b|^patients?\b|\bpatient \w+, \w+|\b(?:Mr|Mrs|Ms|Miss)\.? \w+\b"
    r"|\b\d+ ?(?:mo|wks?|/12)\b|\b(?:titrate|counsel|refer|intubat\w+|anticoagulat\w+)\b"
)
# A lay person's own case. "Should I" alone does not count: clinicians ask it about their practice.
LAY = (
    r"\b(?:am|was) I\b|\bdo I need (?:before|after|for|with|daily)\b|\bI(?:'m|'ve| am| have| had| was| feel| felt| keep| got| get| took| drank| ate| missed| lost| smoke| tested| suffer| woke| live)\b"
    r"|\b(?:can|should|do|did|could|may|must|will|would|shall|if|when|that|am|for how long|long) I (?:\w+ )?(?:take|taking|get|have|having|be|being|feel|drink|eat|go|worry|see|live|lose|die|catch|become|come off|agree|fly|drive|work|sleep|exercise|wait|pregnant|going|too|allergic)\b"
    r"|\b(?-i:[Mm]e|[Mm]yself|[Mm]ine)\b(?![-/])|^(?:diagnose|cure|treat) me\b|\bwe (?:are trying|both have)\b"
    r"|\b(?:my|our)\b(?!-| (?:[\w-]+ ){0,4}?(?:patients?|pts?|clients|residents|athletes|players|goers|population|understanding|question|thesis|review|study|research|paper|practice|colleagues|clinic|students|exam|knowledge|field|hospital|ward|unit|icu|department|team|trust)\b)"
)

# Signs of danger

_BREATHE = r"(?:(?:can't|cannot|can not|can hardly|can barely|couldn't|unable to|struggl\w+ to|not|isn't|aren't|stopped|difficulty|trouble|barely|hard to)(?: \w+)? breath(?:e|ing)|(?:can't|cannot) (?:get|catch) (?:\w+ )?(?:air|breath))"
_HARMFUL = r"(?:bleach|batter(?:y|ies)|antifreeze|detergent|poison|cleaner|mushrooms?|berries|pills|tablets|capsules|magnets?|coins?|paracetamol|ibuprofen|cocaine|heroin)"
_EVENT = r"(?:seizures?|fit|stroke|heart attack|(?:\w+ )?convulsions?|cardiac arrest|anaphyla\w+|asthma attack)"
DANGER = (
    r"chest (?:pains?|pressure|tightness|discomfort)|chest (?:\w+ ){0,2}(?:hurts?|tight|heavy)|pain in (?:my|his|her|the) chest|elephant (?:is )?(?:sitting )?on|no pulse"
    rf"|{_BREATHE}|breathless|short(?:ness)? of breath|gasping|suffocating|chok(?:ing|ed)\b|(?:turn(?:ing|ed|s)?|going|gone|went|lips are|is|are) blue"
    r"|unconscious|unresponsive|(?:isn't|not|aren't) respon\w+|pass(?:ed|ing)? out|(?:won't|can't|doesn't|not|isn't|cannot) (?:\w+ )?wak\w+|collapsed?|faint(?:ed|ing)?\b|limp\b|floppy"
    rf"|(?:having|has|had) (?:an? )?(?:\w+ )?{_EVENT}|{_EVENT} now|seizing|convulsing"
    r"|overdos\w+|(?:took|taken|swallowed|ate|eaten|drank) (?:\w+ ){0,3}?(?:too (?:many|much)|all (?:of )?(?:my|his|her|the)|a whole|an? (?:entire|full)|\d{2,}|twenty|thirty|forty|fifty)"
    rf"|swallowed|(?:drank|drunk|ate|eaten|ingested) (?:\w+ ){{0,3}}?{_HARMFUL}|poisoned"
    r"|bleeding (?:\w+ )?(?:heavily|a lot|badly|profusely)|(?:heavy|severe|massive) bleeding|(?:bleeding|blood)(?: \w+)? (?:won't|doesn't|will not|does not) stop|(?:won't|can't|doesn't) stop (?:the )?bleed\w+|(?:spurting|vomit\w*|cough\w* up|throw\w* up|spitting) (?:\w+ )?blood|(?:a lot|lots) of blood|waters? (?:has |have )?broke"
    r"|(?:face|mouth)(?: \w+)? (?:droop\w*|dropp\w+|fell)|slurr(?:ed|ing)|speech is slurred|can't (?:move|lift|feel|speak|talk|swallow)\b|suddenly (?:\w+ )?(?:confused|weak|blind|paralysed|paralyzed)"
    r"|(?:throat|airway|tongue|face|lips?) (?:\w+ ){0,3}?(?:clos\w+|swell\w*|swollen)|anaphyla\w+|electrocuted|drown\w+|stabbed|been shot|hit by a|bitten by (?:an? )?(?:\w+ )?(?:\w*snake|viper|adder|cobra|spider|scorpion)|snake ?bit\w*"
    r"|worst headache|thunderclap|tearing (?:\w+ )?pain|vomiting and drowsy|drowsy and vomiting|clutching (?:his|her|their) chest|(?:gone )?(?:grey|gray|pale) and (?:clammy|sweaty)|wheezing|inhaled (?:\w+ ){0,2}?(?:gas|fumes|smoke|chlorine)|(?:acid|bleach|lye|chemicals?) in (?:my|his|her)|splashed with|bent the wrong way|bone (?:is )?sticking|cardiac arrest|(?:won't|not) (?:feed|drink)(?:ing)?"
)
SELF_HARM = (
    r"\b(?:kill(?:ing)?|hurt(?:ing)?|harm(?:ing)?|cut(?:ting)?) (?:myself|himself|herself|themselves)\b|\bend(?:ing)? (?:my|his|her|their|it) (?:own )?(?:life|all)\b|\bcut my wrists?\b"
    r"|\b(?:I|she|he|they) (?:\w+ ){0,2}?wants? to die\b|\b(?:I(?:'m| am)|he is|she is|(?:my|our) \w+ is) (?:\w+ )?suicidal\b|\b(?:don't|doesn't|do not|does not) want to (?:live|be alive|wake up)\b|\bno reason to live\b|\bbetter off (?:dead|without me)\b"
)
NOW = r"\bright now\b|\bnow\b|\bjust\b|\btonight\b|\btoday\b|\bminutes? ago\b|\bthis (?:morning|afternoon|evening)\b|\bhelp\b|\bambulance\b|\bwhat (?:should|do|can|must) (?:I|we) do\b|\bsuddenly\b"
AT_THE_SCENE = r"\bright now\b|\bwhat (?:should|do|can|must) (?:I|we) do\b|\bI feel\b|\bhelp[,!]|^there'?s? |\bhere\b|\b(?:in front of|next to|beside) (?:me|us)\b|\bwhat now\b"
# Past events and chronic complaints are not emergencies.
PAST = rf"\bhad (?:an? )?(?:\w+ )?{_EVENT}|\bhistory of\b|\b(?:years?|months?) ago\b|\blast (?:year|month|summer|winter)\b"
CHRONIC = r"\bchronic\b|\bfor (?:\w+ ){0,2}(?:weeks|months|years)\b|\bsince (?:childhood|birth|(?:19|20)\d\d)\b|\bevery (?:day|week|month|winter|spring|time)\b|\bsometimes\b|\boften\b"

# Outside biomedicine

ELSEWHERE = (
    r"\bweather\b|\bforecast for\b|\b(?:rain|snow)(?:ing)? (?:\w+ ){0,3}?(?:today|tomorrow|tonight|this weekend|next week)\b|\bnorthern lights\b"
    r"|\b(?:football(?:er)?|soccer|basketball|baseball|cricket|rugby|tennis|hockey|golf|olympics?|world cup|premier league|champions league|super bowl|nba|nfl|grand prix|formula (?:1|one)|wimbledon|chess|striker|goalkeeper|quarterback)\b"
    r"|\b(?:write|reverse|fix|debug|refactor|compile|center|centre|install|sort|parse|loop|implement|deploy|why does my)\b[^.?!]*\b(?:python|java|javascript|typescript|c\+\+|c#|c|rust|sql|php|html|css|react|docker|kubernetes|linux|bash|git|github|regex|excel|vba|code|function|script|program|app|website|query|div)\b|\blinked list\b|\bsegfault\b|\bfor loop\b|\bstack overflow\b"
    r"|\b(?:stock|share) price\b|\bstock market\b|\bbitcoin\b|\bcrypto(?:currency|currencies)?\b|\bmortgage\b|\bexchange rate\b|\binterest rates?\b|\btax(?:es| return)\b|\binvest(?:ing)? in\b|\blottery\b"
    r"|\bpresident of\b|\bprime minister\b|\b(?:king|queen) of\b|\belections?\b|\bparliament\b|\bvote for\b|\bis the mayor\b"
    r"|\bcapital (?:city )?of\b|\b(?:tallest|longest|highest|largest|biggest) (?:building|river|mountain|country|city|ocean|lake)\b|\bhow (?:far|tall|high|long|big|old|deep) is (?:the )?[a-z ]*\b(?:moon|sun|earth|tower|mountain|everest|universe|wall|bridge|ocean|river)\b|\beiffel\b|\bpopulation of [a-z]+\??$"
    r"|\b(?:(?:good|best|favou?rite|recommend\w*|watch|directed|starred|new) (?:\w+ ){0,2}?(?:movies?|films?|books?|novels?|series|songs?|laptops?|phones?|cars?|restaurants?|hotels?)|tv (?:show|series)|netflix|lyrics|album|celebrity|oscars?|playstation|xbox|harry potter|star wars|taylor swift|mona lisa|hamlet|shakespeare)\b|\bwho (?:is|was|are|were|won|painted|composed|directed|sang|wrote|invented|sings|plays|founded|owns)\b"
    r"|\b(?:flights? (?:to|from)|book me|by train|train tickets?|tourist|sightseeing|vacation|holiday in|trip to|travel to)\b"
    r"|\brecipes?\b|\bhow (?:do I|do you|to|long) (?:\w+ ){0,3}?(?:bake|cook|boil|roast|grill)\b|\bwine (?:goes|pairs)\b"
    r"|\b(?:car engine|flat tyre|flat tire|motorbike|washing machine|dishwasher|wifi|wi-fi|iphone|android phone|laptop|printer|router|windows 1[01]|password)\b"
    r"|\btranslate\b[^.?!]*\b(?:into|to) \w+|\bhow do you say\b|\bsynonyms? (?:for|of)\b|\bsquare root\b|\bderivative of\b|\bsolve\b.*\b(?:x|equals?|equation)\b|\b\d+ ?% of \d+\b|\b(?:maths?|homework)\b|^(?:what(?:'s| is) |calculate |compute )?\d+(?: ?[-+*/×x] ?\d+)+ ?=?\??$"
    r"|\b(?:poem|haiku|joke|limerick|riddle|essay|short story|bedtime story|sonnet)\b|\b(?:horoscope|zodiac|star sign|tarot|astrology|meaning of life|birthday (?:gift|present)|lawyer|divorce|god|bible|easter|christmas)\b"
    r"|\bworld war\b|\broman empire\b|\bfrench revolution\b|\bspeed of light\b|\bblack holes?\b|\bplanets?\b|\bmoon\b|\bquantum (?:computing|mechanics|physics)\b"
    r"|^(?:please |can you |could you )?(?:write|draft|compose|debug|teach me|book|plan|convert|sing|play|recommend|order|buy|remind me|summari[sz]e the|give me a summary of the) \b|\bhow to (?:make|cook|build|play|draw|dance|drive|learn)\b|\bhow many (?:countries|states|people live|miles|kilomet\w+|days (?:until|till))\b"
    r"|\bplot of\b|\b(?:goals|points) did\b|\bscore of the\b|\b(?:sunny|rainy|cloudy)\b|\b(?:resume|cv|curriculum vitae)\b|\bbest programming language\b|\b(?:stocks|shares)\b|\b(?:carpet|laundry|stains?)\b|\bname for (?:a|my)\b|\bpope\b|\bdistance (?:from|between) [a-z]+ (?:to|and)\b|\b(?:blockchain|guitar|piano|cover letter|job interview|fastest car|is it legal|illegal|the sky|lasagn[ea]|cake|bread|pasta|gatsby|messi|ronaldo)\b"
    r"|\bwhat (?:time|day) is\b|^(?:hi|hello|hey|good (?:morning|evening|afternoon)|thanks|thank you)\b|^(?:who|what) are you\b|\bhow are you\b|\bwhat can you do\b|\bwhat(?:'s| is) your name\b|\bwho (?:made|built|created) you\b"
)
BIOMEDICAL = (
    r"disease|disorder|patient|treat|therap|drug|cancer|tumou?r|\bgen(?:e|es|ome|omic|etic)|protein|\bcells?\b|single-cell|clinic|syndrom|symptom|infect|virus|viral|bacteri|vaccin|health|medic|surg"
    r"|diagnos|mortality|morbidit|\bdeath|\brisk|blood|heart|cardi|vascular|brain|neuro|\bpain(?:s|ful)?\b|diabet|stroke|dementia|depress|anxi|injur|trauma|\bbone|muscle|sleep|pregnan|birth|diet|nutrit|obes|weight|exercise|hospital|smok|alcohol|adolescen|\bchild|\bwomen|elderly|concuss|fractur|bleed|wound|\bburns?\b|illness|doctor|nurse|physician|vitamin|fever|cough|headache|migraine|\bdos(?:e|age)|pill|biops|chemo|adheren|patholog"
    r"|\brna|\bdna|mrna|sequenc|enzym|recepto|antibod|immun|metaboli|hormon|insulin|epidemi|cohort|trials?\b|meta-analys|biolog|bioinformat|bioconductor|proteom|physiolog|toxic|prevalen|inciden|infarct|emboli|thrombo|attention|adhd|autis|covid|asthma|allerg|sepsis"
    r"|\w{3,}itis\b|\w{3,}osis\b|\w{2,}a?emia\b|\w{3,}oma\b|\w{3,}ectomy\b|\w{3,}opathy\b|\w{3,}plasty\b|seizure|epilep|compressions|resuscit|cpr\b"
)
