"""What people call things, and what the literature calls them: lay words, brands, abbreviations.

Brands come from `lexicons/drug_names.tsv`, which says where it is from. Of the lay words only entries that hold in nearly every sentence: "stroke" and "cancer" are the literature's words
too, "cold" and "fit" mean too many things.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files

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
epinephrine = adrenaline
noradrenaline = norepinephrine
norepinephrine = noradrenaline
salbutamol = albuterol
albuterol = salbutamol
rifampin = rifampicin
cyclosporine = ciclosporin
meperidine = pethidine
glyburide = glibenclamide
furosemide = frusemide
lidocaine = lignocaine
clot buster = thrombolysis
clot-busting drug = thrombolytic
water tablet = diuretic
sugar diabetes = diabetes mellitus
belly pain = abdominal pain
tummy pain = abdominal pain
stomach ache = abdominal pain
womb cancer = endometrial cancer
skin cancer = melanoma
passing out = syncope
fainting = syncope
waterworks = urinary tract
smear test = cervical screening
weed = cannabis
pot smoking = cannabis
keyhole surgery = laparoscopic surgery
brain scan = neuroimaging
gut bacteria = gut microbiome
test tube baby = in vitro fertilization
baby blues = postpartum depression
jab = vaccine
"""

# Abbreviations that mean one thing in clinical use, for where the corpus does not define them; in
# capitals, since "PE" is none of "pe".
_SHORT = """
CTPA = CT pulmonary angiography
TXA = tranexamic acid
GBM = glioblastoma
AKI = acute kidney injury
CKD = chronic kidney disease
ICH = intracerebral hemorrhage
SAH = subarachnoid hemorrhage
AF = atrial fibrillation
HFpEF = heart failure with preserved ejection fraction
HFrEF = heart failure with reduced ejection fraction
VTE = venous thromboembolism
DVT = deep vein thrombosis
STEMI = ST-elevation myocardial infarction
NSTEMI = non-ST-elevation myocardial infarction
TIA = transient ischemic attack
COPD = chronic obstructive pulmonary disease
OSA = obstructive sleep apnea
ARDS = acute respiratory distress syndrome
UTI = urinary tract infection
GORD = gastroesophageal reflux disease
GERD = gastroesophageal reflux disease
IBS = irritable bowel syndrome
IBD = inflammatory bowel disease
RTI = respiratory tract infection
URTI = upper respiratory tract infection
T2DM = type 2 diabetes
T1DM = type 1 diabetes
T2D = type 2 diabetes
T1D = type 1 diabetes
DKA = diabetic ketoacidosis
GDM = gestational diabetes
PPH = postpartum hemorrhage
BPD = bronchopulmonary dysplasia
PTSD = post-traumatic stress disorder
OCD = obsessive-compulsive disorder
ADHD = attention deficit hyperactivity disorder
DOAC = direct oral anticoagulant
NOAC = direct oral anticoagulant
LMWH = low molecular weight heparin
NSAID = non-steroidal anti-inflammatory drug
SSRI = selective serotonin reuptake inhibitor
PPI = proton pump inhibitor
ACEi = angiotensin converting enzyme inhibitor
SGLT2i = SGLT2 inhibitor
ICI = immune checkpoint inhibitor
FMT = fecal microbiota transplantation
PRP = platelet-rich plasma
TAVI = transcatheter aortic valve replacement
TAVR = transcatheter aortic valve replacement
CABG = coronary artery bypass grafting
PCI = percutaneous coronary intervention
NIV = non-invasive ventilation
HFNC = high flow nasal cannula
ECMO = extracorporeal membrane oxygenation
RRT = renal replacement therapy
POEM = peroral endoscopic myotomy
CBT = cognitive behavioral therapy
TMS = transcranial magnetic stimulation
ECT = electroconvulsive therapy
iMRI = intraoperative magnetic resonance imaging
5-ALA = 5-aminolevulinic acid
"""


def _pairs(table: str) -> list[tuple[str, str]]:
    rows = [row.split("=") for row in table.strip().splitlines()]
    return sorted(((a.strip(), b.strip()) for a, b in rows), key=lambda pair: -len(pair[0]))


_TERMS = {
    lay: (re.compile(rf"(?<![\w-]){re.escape(lay)}(s|es)?(?![\w-])", re.IGNORECASE), clinical)
    for lay, clinical in _pairs(_LAY)
}
_ABBREVIATED = {
    short: re.compile(rf"(?<![\w-]){re.escape(short)}(s)?(?![\w-])") for short, _ in _pairs(_SHORT)
}
_IN_FULL = dict(_pairs(_SHORT))


@lru_cache(maxsize=1)
def drug_names() -> dict[str, str]:
    """Brand and other names of drugs, in lower case, with the generic name."""
    text = files("agent.language").joinpath("lexicons/drug_names.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return dict(rows)


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


def names_in_full(text: str) -> tuple[str, dict[str, str]]:
    """The text with drugs under their generic names and abbreviations in full, and what was put."""
    put: dict[str, str] = {}

    def generic(found: re.Match[str]) -> str:
        name = drug_names().get(found[0].casefold(), "")
        if not name or name in text.casefold():
            return found[0]
        put[found[0]] = name
        return name

    full = re.sub(r"(?<![\w-])[A-Za-z][\w-]{3,}(?![\w-])", generic, text)
    for short, pattern in _ABBREVIATED.items():
        if short in full and _IN_FULL[short].casefold() not in text.casefold():
            full, times = pattern.subn(_IN_FULL[short], full)
            if times:
                put[short] = _IN_FULL[short]
    return full, put
