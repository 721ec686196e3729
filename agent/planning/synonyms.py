"""What people call things, and what the literature calls them.

Only entries that hold in nearly every sentence: "stroke" and "cancer" are the literature's words
too, "cold" and "fit" mean too many things.
"""

from __future__ import annotations

import re

# lay term = clinical term; a term stands for its plural too.
_LAY = """
heart attack = myocardial infarction
high blood pressure = hypertension
low blood pressure = hypotension
blood thinner = anticoagulant
blood clot = thrombosis
clot in the lung = pulmonary embolism
irregular heartbeat = arrhythmia
heart rhythm problem = arrhythmia
hardening of the arteries = atherosclerosis
high cholesterol = hypercholesterolemia
water pill = diuretic
blood sugar = blood glucose
low blood sugar = hypoglycemia
high blood sugar = hyperglycemia
underactive thyroid = hypothyroidism
overactive thyroid = hyperthyroidism
kidney failure = renal failure
kidney disease = renal disease
kidney stone = nephrolithiasis
bladder infection = cystitis
water infection = urinary tract infection
liver failure = hepatic failure
fatty liver = hepatic steatosis
gallstone = cholelithiasis
heartburn = gastroesophageal reflux
acid reflux = gastroesophageal reflux
stomach ulcer = peptic ulcer
stomach cancer = gastric cancer
bowel cancer = colorectal cancer
stomach flu = gastroenteritis
flu shot = influenza vaccination
flu jab = influenza vaccination
flu = influenza
chickenpox = varicella
shingles = herpes zoster
whooping cough = pertussis
glandular fever = infectious mononucleosis
ear infection = otitis media
tonsil removal = tonsillectomy
pink eye = conjunctivitis
short-sightedness = myopia
nearsightedness = myopia
lazy eye = amblyopia
hay fever = allergic rhinitis
runny nose = rhinorrhea
nosebleed = epistaxis
trouble sleeping = insomnia
sleeplessness = insomnia
lou gehrig's disease = amyotrophic lateral sclerosis
mini-stroke = transient ischemic attack
brain bleed = intracranial hemorrhage
morning sickness = nausea and vomiting of pregnancy
throwing up = vomiting
pain killer = analgesic
painkiller = analgesic
broken hip = hip fracture
brittle bones = osteoporosis
weak bones = osteoporosis
hip replacement = hip arthroplasty
knee replacement = knee arthroplasty
joint replacement = arthroplasty
frozen shoulder = adhesive capsulitis
tennis elbow = lateral epicondylitis
slipped disc = intervertebral disc herniation
hair loss = alopecia
itching = pruritus
hives = urticaria
athlete's foot = tinea pedis
head lice = pediculosis
bedsore = pressure ulcer
tiredness = fatigue
weight loss surgery = bariatric surgery
miscarriage = spontaneous abortion
c-section = cesarean section
birth control pill = oral contraceptive
period pain = dysmenorrhea
hot flush = vasomotor symptom
hot flash = vasomotor symptom
bed wetting = nocturnal enuresis
cot death = sudden infant death syndrome
crib death = sudden infant death syndrome
lack of sleep = sleep deprivation
acetaminophen = paracetamol
paracetamol = acetaminophen
adrenaline = epinephrine
noradrenaline = norepinephrine
salbutamol = albuterol
"""

# British and American spellings: the literature has both, and no stemmer joins them.
_SPELLINGS = """
anaemia=anemia haemo=hemo haema=hema haemorrhag=hemorrhag leukaemia=leukemia oedema=edema
oesophag=esophag oestrogen=estrogen diarrhoea=diarrhea paediatric=pediatric foetal=fetal foetus=fetus
tumour=tumor anaesthe=anesthe gynaecolog=gynecolog orthopaedic=orthopedic caesarean=cesarean
ischaemi=ischemi glycaemi=glycemi lipidaemi=lipidemi coeliac=celiac sulph=sulf behaviour=behavior
faecal=fecal haemophilia=hemophilia bacteraemia=bacteremia uraemi=uremi dyspnoea=dyspnea apnoea=apnea
randomis=randomiz hospitalis=hospitaliz
"""


def _pairs(table: str) -> list[tuple[str, str]]:
    rows = [row.split("=") for row in table.strip().splitlines()]
    return sorted(((a.strip(), b.strip()) for a, b in rows), key=lambda pair: -len(pair[0]))


_TERMS = {
    lay: (re.compile(rf"(?<![\w-]){re.escape(lay)}(s|es)?(?![\w-])", re.IGNORECASE), clinical)
    for lay, clinical in _pairs(_LAY)
}
_AMERICAN = dict(_pairs("\n".join(_SPELLINGS.split())))
_BRITISH = re.compile("|".join(_AMERICAN), re.IGNORECASE)


def clinical_terms(text: str) -> tuple[str, dict[str, str]]:
    """The text in the literature's words, and which words were put for which."""
    found: dict[str, str] = {}
    folded = text.casefold()
    for lay, (pattern, clinical) in _TERMS.items():
        if lay not in folded:
            continue
        # Longest first; what one entry has put in, no other changes again.
        said = clinical in text.casefold() or any(lay in put for put in found.values())
        if not said and pattern.search(text):
            text = pattern.sub(clinical, text)
            found[lay] = clinical
    return text, found


def american_spelling(text: str) -> str:
    """British words in American spelling; the same text where there are none."""
    return _BRITISH.sub(lambda found: _AMERICAN[found[0].casefold()], text)
