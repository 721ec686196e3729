"""The hard checks: each catches what it should, names it, and leaves paraphrase alone."""

import pytest

from agent.verification.checks import compare

_SOURCE = (
    "In adults with type 2 diabetes, semaglutide 1.0 mg weekly reduced HbA1c more than sitagliptin"
    " (71% vs 61%; HR 0.56, 95% CI 0.40-0.78; p=0.003) at 28 days."
)


@pytest.mark.parametrize(
    ("claim", "source", "name"),
    [
        # numbers
        ("Mortality fell by 44%.", "Mortality fell (0.56).", "numbers"),
        ("Mortality was 12%.", "Mortality was 21%.", "numbers"),
        ("They took 5 g daily.", "They took 5 mg daily.", "numbers"),
        ("It was seen at 90 days.", "It was seen at 28 days.", "numbers"),
        ("The OR was 0.56.", "The HR was 0.56.", "numbers"),
        ("It differed (p>0.05).", "It differed (p<0.05).", "numbers"),
        ("It was 71% with placebo and 61% with drug.", "It was 61% with placebo and 71% with drug.", "numbers"),
        ("Three weeks of treatment sufficed.", "Two weeks of treatment sufficed.", "numbers"),
        # direction
        ("Aspirin increased mortality in sepsis.", "Aspirin decreased mortality in sepsis.", "direction"),
        ("Pain was worse after surgery.", "Pain was better after surgery.", "direction"),
        ("The drug was inferior to placebo for pain.", "The drug was superior to placebo for pain.", "direction"),
        ("Drug A lowered weight and raised pulse.", "Drug A raised weight and pulse.", "direction"),
        # negation
        ("Aspirin did not reduce mortality.", "Aspirin reduced mortality.", "negation"),
        ("Aspirin reduced mortality in sepsis.", "Aspirin did not reduce mortality in sepsis.", "negation"),
        ("Serious infection was seen.", "No serious infection was seen.", "negation"),
        # significance
        ("The groups differed significantly.", "The groups differed, but not significantly.", "significance"),
        # sides
        ("Aspirin was better than ibuprofen for pain.", "Ibuprofen was better than aspirin for pain.", "comparator"),
        # population
        ("Aspirin reduced fever in children.", "Aspirin reduced fever in adults.", "population"),
        ("Aspirin reduced fever in patients.", "Aspirin reduced fever in mice.", "population"),
        ("Men fared better.", "Women fared better.", "population"),
        # names
        ("Ibuprofen reduced fever.", "Aspirin reduced fever.", "names"),
        ("Warfarin was given in sepsis; aspirin was not.", "Aspirin was given in sepsis; warfarin was not.", "names"),
        # certainty
        ("Aspirin reduces fever in sepsis.", "Aspirin may reduce fever in sepsis.", "certainty"),
        ("Coffee causes cancer.", "Coffee was associated with cancer.", "certainty"),
        # what the source does not assert
        ("Aspirin lowers fever in sepsis.", "We asked whether aspirin lowers fever in sepsis.", "assertion"),
        ("Aspirin lowers fever in sepsis.", "Does aspirin lower fever in sepsis?", "assertion"),
        ("Aspirin lowers fever in sepsis.", "If aspirin lowers fever in sepsis, its cost is justified.", "assertion"),
        ("Aspirin lowers fever in sepsis.", "Others claimed that aspirin lowers fever in sepsis.", "assertion"),
        ("Aspirin lowers fever in sepsis.", "That aspirin lowers fever in sepsis remains to be shown.", "assertion"),
        ("Aspirin lowers fever in sepsis.", "A lower fever with aspirin in sepsis was not confirmed.", "negation"),
        ("Aspirin lowers fever in sepsis.", "A trial of aspirin to lower fever in sepsis is under way.", "assertion"),
        # what the claim leaves out
        ("Aspirin lowered fever.", "Aspirin lowered fever only in women.", "omission"),
        ("Aspirin lowered fever.", "Aspirin lowered fever in the subgroup with sepsis.", "omission"),
        ("Aspirin lowered fever.", "In mice, aspirin lowered fever.", "omission"),
        ("Aspirin lowered growth.", "Aspirin lowered growth in vitro.", "omission"),
        ("Aspirin causes bleeding.", "Aspirin rarely causes bleeding.", "omission"),
        ("Ibuprofen lowered fever.", "Aspirin rather than ibuprofen lowered fever.", "omission"),
        ("Aspirin improved fever.", "Aspirin improved everything except fever.", "omission"),
        ("Aspirin prevents stroke.", "Withdrawal of aspirin prevents stroke.", "omission"),
        ("SGLT2 lowers mortality.", "SGLT2 inhibitors lower mortality.", "omission"),
        ("Aspirin lowers mortality.", "Aspirin lowers cardiovascular mortality.", "omission"),
        ("Aspirin prolonged survival.", "Aspirin prolonged progression-free survival.", "omission"),
        ("Aspirin was well tolerated.", "Aspirin was poorly tolerated.", "omission"),
        ("The strongest response was seen in deoxygenated blood.", "The strongest response was seen in oxygenated blood.", "names"),
        ("Growth is not influenced by heat but is dependent on the fatty acid content.", "Growth is heat dependent but is not influenced by changes in the fatty acid content.", "negation"),
        ("Support fell to 3477 hours in non-transport children over the era.", "Support fell to 3477 hours in transported children over the era, and to 8959 in non-transport children.", "negation"),
        ("Aspirin lowers fever in sepsis.", "Contrary to reports that aspirin lowers fever in sepsis, ours rose.", "negation"),
    ],
)  # fmt: skip
def test_fires(claim: str, source: str, name: str) -> None:
    assert name in [check.name for check in compare(claim, [source], source).checks]


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        (_SOURCE, _SOURCE),
        ("Semaglutide reduced HbA1c more than sitagliptin.", _SOURCE),
        ("Mortality fell by 44%.", "The drug lowered mortality (HR 0.56)."),
        ("A quarter died: 25%.", "Of all, 12 of 48 died."),
        ("About 44% died.", "In all, 43.6% died."),
        ("It was seen at four weeks.", "It was seen at 4 weeks."),
        ("It was seen after 4 weeks.", "It was seen after 28 days."),
        ("They took 1000 mg.", "They took 1 g."),
        ("Mortality rose.", "Mortality increased."),
        ("Placebo was lower than aspirin.", "Aspirin was higher than placebo."),
        ("Mortality was lower with aspirin than with placebo.", "Mortality was higher with placebo than with aspirin."),
        ("Aspirin failed to reduce mortality.", "Aspirin did not reduce mortality."),
        ("The groups did not differ significantly in pain.", "There was no significant difference in pain between the groups."),
        ("Aspirin reduced mortality.", "Aspirin reduced mortality but did not shorten hospital stay."),
        ("Kids had less fever.", "Children had less fever."),
        ("Heart attacks were fewer.", "Myocardial infarctions were fewer."),
        ("Atrial fibrillation was common.", "AF was common."),
        ("Aspirin may reduce fever.", "Aspirin reduces fever."),
        ("Coffee was linked to cancer.", "Coffee was associated with cancer."),
        ("Pain increased and sleep decreased.", "Pain increased while sleep decreased."),
        ("Not only pain but sleep improved.", "Pain and sleep improved."),
        ("Aspirin lowered fever in sepsis.", "We asked whether aspirin works; aspirin lowered fever in sepsis."),
        ("Aspirin lowered fever in sepsis.", "Aspirin lowered fever in sepsis, although its dose remains unclear."),
        ("Aspirin lowered fever in sepsis.", "Aspirin lowered fever in sepsis, and this was not seen with placebo."),
        ("Aspirin lowered fever only in women.", "In women only, aspirin lowered fever."),
        ("Aspirin lowered fever in women.", "Aspirin lowered fever in women, and only mild pain was seen."),
        ("Aspirin rather than ibuprofen lowered fever.", "Fever was lowered by aspirin rather than ibuprofen."),
        ("Inhibition of SGLT2 lowers mortality.", "SGLT2 inhibitors lower mortality."),
        ("Aspirin lowered mortality.", "Aspirin lowered overall mortality."),
        ("Aspirin lowered fever.", "Aspirin lowered fever; the dose was tested in rats."),
        ("Vaccination had no impact in provinces with little water.", "No impact of vaccination was seen in provinces with little water."),
        ("Mortality was lower for more recent cohorts and for richer countries.", "Lower mortality was seen for more recent cohorts and for richer countries."),
        ("Reports of greater strain, as well as lower mood, were associated with higher burnout.", "Higher burnout was associated with reports of greater strain and lower mood."),
        ("It was seen in unaffected tissue.", "It was seen in nonaffected tissue."),
        ("It is unclear whether aspirin lowers fever.", "Whether aspirin lowers fever is unclear."),
    ],
)  # fmt: skip
def test_stays_silent(claim: str, source: str) -> None:
    assert compare(claim, [source], source).checks == ()
