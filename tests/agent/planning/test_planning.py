"""The local planner: key words, the parts of a question, and queries that differ."""

import pytest

from agent.language.age_and_sex import read_vignette
from agent.language.spelling import respelt, without_slips
from agent.language.synonyms import clinical_terms, names_in_full
from agent.plan import Pico
from agent.planning.pico import read_pico
from agent.planning.rule_based import MOST_QUERIES, LocalPlanner, key_words
from retrieval.filters import Filters
from retrieval.search import Searcher


def test_key_words_name_the_subject() -> None:
    assert key_words("Does SGLT2i lower HbA1c in type 2 diabetes?") == [
        "SGLT2i", "lower", "HbA1c", "type", "2", "diabetes",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("question", "pico"),
    [
        ("Does tocilizumab lower mortality in severe COVID-19?", Pico("severe COVID-19", "tocilizumab", "", "mortality")),
        ("Is insulin glargine better than insulin detemir?", Pico("", "insulin glargine", "insulin detemir", "")),
        ("What is the dose of amoxicillin for otitis media in children?", Pico("otitis media in children", "amoxicillin", "", "dose")),
        (
            "In adults with type 2 diabetes, do SGLT2 inhibitors compared with DPP-4 inhibitors reduce heart failure hospitalisation?",
            Pico("adults with type 2 diabetes", "SGLT2 inhibitors", "DPP-4 inhibitors", "heart failure hospitalisation"),
        ),
        ("Apixaban versus warfarin for stroke prevention in atrial fibrillation", Pico("atrial fibrillation", "Apixaban", "warfarin", "stroke prevention")),
        ("Is oral contraceptive use associated with pancreatic cancer?", Pico("", "oral contraceptive use", "", "pancreatic cancer")),
        ("What is the effect of metformin on cancer mortality in women with diabetes?", Pico("women with diabetes", "metformin", "", "cancer mortality")),
        ("Does general anaesthesia in childhood raise the risk of ADHD?", Pico("childhood", "general anaesthesia", "", "risk of ADHD")),
        ("Are statins safe in pregnancy?", Pico("pregnancy", "statins", "", "safety")),
        ("Should tirilazad be used for treatment of ischemic stroke?", Pico("ischemic stroke", "tirilazad", "", "")),
        ("What are the risk factors for postoperative delirium?", Pico("postoperative delirium", "", "", "risk factors")),
        ("Is dexamethasone superior to placebo for mortality in children with bacterial meningitis?", Pico("children with bacterial meningitis", "dexamethasone", "placebo", "mortality")),
        ("What is herceptin?", Pico()),
    ],
)  # fmt: skip
def test_parts_of_a_question(question: str, pico: Pico) -> None:
    assert read_pico(question) == pico


def test_lay_words_get_the_literatures() -> None:
    text, changed = clinical_terms(
        "Do blood thinners prevent heart attacks and heart attack death?"
    )
    assert text == "Do anticoagulant prevent myocardial infarction and myocardial infarction death?"
    assert changed == {"blood thinner": "anticoagulant", "heart attack": "myocardial infarction"}
    assert clinical_terms("Flight socks and proning")[0] == (
        "graduated compression stockings and prone position"
    )
    assert clinical_terms("who is fit for surgery?")[1] == {}  # "fit" is ambiguous
    assert clinical_terms("Does acetaminophen help?")[0] == "Does paracetamol help?"
    untouched = "Does fluoxetine lower myocardial infarction risk after a heart attack?"
    assert clinical_terms(untouched) == (untouched, {})


def test_brands_and_abbreviations_get_their_full_names() -> None:
    text, put = names_in_full("xarelto vs Eliquis in AF after TXA")
    assert text == "rivaroxaban vs apixaban in atrial fibrillation after tranexamic acid"
    assert put["xarelto"] == "rivaroxaban"
    # What the question says itself is not put again, and lower-case "af" is no abbreviation.
    assert names_in_full("Is Xarelto (rivaroxaban) safe, af?") == (
        "Is Xarelto (rivaroxaban) safe, af?",
        {},
    )


@pytest.mark.parametrize(
    ("asked", "put"),
    [
        ("precedex or ketamine?", {"precedex": "dexmedetomidine"}),
        ("Andexxa vs Kcentra for a bleed on apixaban", {"Andexxa": "andexanet alfa", "Kcentra": "prothrombin complex concentrate"}),
        ("Versed vs Precedex", {"Versed": "midazolam", "Precedex": "dexmedetomidine"}),
        ("too much Versed - flumazenil?", {"Versed": "midazolam"}),
        # Where a name is also a word.
        ("are residents well versed in statistics?", {}),
        ("Are Physicians Well Versed in Genetics?", {}),
        ("Which FDA Program Has the Best Outlook?", {}),
    ],
)  # fmt: skip
def test_names_of_drugs_used_in_hospitals_are_known(asked: str, put: dict[str, str]) -> None:
    assert names_in_full(asked)[1] == put


class _Index:
    """Knows how many articles hold words, and nothing else."""

    def __init__(self, *words: str, **counts: int) -> None:
        self._counts = dict.fromkeys(words, 1) | counts

    def terms(self, text: str) -> list[str]:
        return text.casefold().split()

    def frequency(self, term: str) -> int:
        return self._counts.get(term, 0)

    def near(self, term: str) -> str:
        near = {"excercise": "exercise", "reccomend": "recommend", "aromotase": "aromatase"}
        # Stems in a real index: "anoth" and "veri" with the endings of the words asked about.
        near |= {
            "anything": "anothing",
            "versed": "veried",
            "flizzers": "flozzers",
            "physio": "physic",
        }
        near |= {"midazolam": "midazolan", "moderna": "modern", "malgnant": "malignant"}
        return near.get(term, "")


def test_the_other_spelling_of_a_word_is_the_one_that_the_index_holds() -> None:
    american = _Index("esophageal", "hemorrhage", "anemia", "hospitalization", "tumor", "center")
    asked = "oesophageal haemorrhage, anaemia, hospitalisation, tumour, centre, statins"
    said = "esophageal hemorrhage, anemia, hospitalization, tumor, center, statins"
    assert respelt(asked, american) == said
    british = _Index("oesophageal", "haemorrhage", "anaemia", "hospitalisation", "tumour", "centre")
    assert respelt(said, british) == asked
    assert respelt(said, _Index()) == said


def test_a_spelling_that_the_index_hardly_knows_is_none() -> None:
    # Slips of print: "usaeful" in one article, "useful" in a hundred.
    assert respelt("is it useful", _Index(usaeful=1, useful=100)) == "is it useful"
    assert respelt("tumour", _Index(tumor=30, tumour=100)) == "tumor"


def test_what_is_no_other_spelling_stays() -> None:
    index = _Index("quotae", "comaes", "filing", "pored", "meningoeal", "malarie", "scheme")
    asked = "quote, comes, filling, poured, meningeal, malariae, schemes"
    assert respelt(asked, index) == asked
    assert respelt("modelling of lymphedema", _Index("modeling", "lymphoedema")) == (
        "modeling of lymphoedema"
    )


def test_a_slip_is_read_as_the_word_that_articles_hold() -> None:
    index = _Index("exercise", "hypertension")
    assert without_slips("Excercise, hypertension, asthma-excercise", index) == (
        "Exercise, hypertension, asthma-excercise",
        {"Excercise": "Exercise"},
    )
    assert without_slips("excercise", _Index(excercise=1)) == ("excercise", {})


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("reccomend", "recommend"),
        ("Aromotase", "Aromatase"),
        ("malgnant", "malignant"),
        ("anything", "anything"),
        ("Versed", "Versed"),
        ("versed", "versed"),
        ("midazolam", "midazolam"),
        # A word cut short, a name, and a correction that would be no word.
        ("physio", "physio"),
        ("Moderna", "Moderna"),
        ("flizzers", "flizzers"),
    ],
)
def test_a_real_word_is_no_slip_and_no_slip_becomes_a_word_that_is_none(
    typed: str, read: str
) -> None:
    assert without_slips(typed, _Index())[0] == read


def test_who_asks_is_no_key_word_and_no_intervention() -> None:
    asked = "Can I stop steroids after a flare or do I need to taper?"
    assert key_words(asked) == ["stop", "steroids", "flare", "need", "taper"]
    assert read_pico(asked).intervention == ""
    assert "I" in key_words("Does insulin help in type I diabetes?")


@pytest.mark.parametrize(
    ("asked", "rest", "person"),
    [
        ("78F on apixaban - hip fracture", "on apixaban - hip fracture", "older adult, female"),
        ("58M, new presumed GBM. Does 5-ALA help?", "new presumed GBM. Does 5-ALA help?", "middle-aged adult, male"),
        ("67 y/o man on warfarin", "on warfarin", "older adult, male"),
        ("a 3-year-old boy with croup", "with croup", "child, male"),
        ("34F 28/40 pregnant with UTI", "pregnant with UTI", "young adult, female"),
        ("In a 70-year-old patient with AF, does apixaban work?", "In older adult with AF, does apixaban work?", "older adult"),
        ("F32 with migraine", "with migraine", "young adult, female"),
        ("18F-FDG PET in lymphoma", "18F-FDG PET in lymphoma", ""),
        ("16F catheter vs 12F", "16F catheter vs 12F", ""),
        ("dexamethasone for 3 months", "dexamethasone for 3 months", ""),
        ("45yo woman", "45yo woman", ""),
        ("BCVA at 12 mo in AMD", "BCVA at 12 mo in AMD", ""),
        ("relapse within 2 yrs in men", "relapse within 2 yrs in men", ""),
        ("survival at 6 months in women with ALS", "survival at 6 months in women with ALS", ""),
        ("3 wk o with fever", "with fever", "newborn"),
        ("5-yr freedom from relapse", "5-yr freedom from relapse", ""),
    ],
)  # fmt: skip
def test_age_and_sex_are_the_population_and_no_key_words(
    asked: str, rest: str, person: str
) -> None:
    assert read_vignette(asked) == (rest, person)


def test_a_vignette_is_planned_for_its_population(searcher: Searcher) -> None:
    plan = LocalPlanner().draft("78F, pneumonia: navorelimab?", Filters(), searcher)
    assert plan.pico.population.startswith("older adult, female")
    assert not any("78F" in query.text for query in plan.queries)
    assert any("older adult, female" in note for note in plan.notes)


def test_a_plan_asks_in_two_to_five_ways_the_question_first(searcher: Searcher) -> None:
    planner = LocalPlanner()
    question = "Do blood thinners compared with placebo reduce heart attacks in adults with gout since 2010?"
    plan = planner.draft(question, Filters(), searcher)
    texts = [query.text for query in plan.queries]
    assert (
        texts[0]
        == "Do blood thinners compared with placebo reduce heart attacks in adults with gout?"
    )
    assert "anticoagulant" in texts[2]
    assert 2 <= len({text.casefold() for text in texts}) == len(texts) <= MOST_QUERIES
    assert {query.filters.first_year for query in plan.queries} == {2010}
    assert plan.queries[0].weight == max(query.weight for query in plan.queries)
    assert plan.pico.comparison == "placebo"
    assert plan.to_dict()["pico"]["population"] == "adults with gout"
    assert any("myocardial infarction" in note for note in plan.notes)


def test_key_words_alone_are_asked_in_a_second_way(searcher: Searcher) -> None:
    plan = LocalPlanner().draft("navorelimab severe viral pneumonia mortality", Filters(), searcher)
    assert len({query.text for query in plan.queries}) == 2
