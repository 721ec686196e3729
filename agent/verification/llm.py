"""A verifier on a language model, held to what it quotes, to the hard checks, and to its self-test.

What a model's word is worth depends on the model: a strong one tells right claims from wrong ones,
a small one says “supports” of both. So its word counts by itself only where it has passed the test
of its judging (`agent.verification.judge_test`); a model that failed, or was never tested, can take
a mark away, and adds none that the local verifier does not give.

The rule by which the two verdicts become one, claim by claim:

1. What stands in its passage word for word is QUOTED; the model is not asked.
2. SUPPORTED needs the model to say so of a sentence of an article that the claim cites, against
   which no hard check fires.
   a. Of a trusted model that is enough, unless the local verifier does not find the claim's main
      part, or not in that sentence and those cited alone (a model that obeys orders in an article
      finds everything supported, by whatever stands beside them): then it is PARTIALLY_SUPPORTED.
      That the local network takes a claim for contradicted as well says little: it does so of 42
      of 334 right claims that models support, and of 16 of 70 wrong ones. That it finds nothing
      says much: 5 and 13. Numbers and words that differ are found by hard checks, which stand
      against any model.
   b. Of any other the local verifier has to find it SUPPORTED too. Else the claim is
      PARTIALLY_SUPPORTED at best, with a check that says why; and where the local verifier finds
      nothing of it, it stays UNSUPPORTED.
3. What the model supports in part is PARTIALLY_SUPPORTED; of a model that is not trusted only
   where the local verifier finds something that bears on it.
4. What the model does not find, or finds contradicted, is one step down from the local verdict.
5. CONTRADICTED needs one of the two, as long as the other does not support the claim.
6. Anything else is UNSUPPORTED.

A model that fails, or names no sentence of what is cited, leaves the local verdict as it is, with a
check that says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import structlog

from agent.answer import Check, Claim, Label, Quote, Verdict
from agent.judging import JUDGING_CHECK, Judging
from agent.models.base import LanguageModel
from agent.verification.asking import ModelOpinion, Stance, ask_opinions
from agent.verification.checks import differences
from agent.verification.trained import NETWORK_CHECKS, LocalVerifier
from corpora.errors import ModelError
from retrieval.passage import Evidence

log = structlog.get_logger()


class ModelVerifier:
    """Asks a model about what the local verifier has not settled word for word.

    Args:
        judging: what is known of how well it judges.
        thinking: tokens that the model may think before it judges; 0: none.
        judged: is given each verdict as soon as it is known, while the model judges the next.
    """

    def __init__(
        self,
        model: LanguageModel,
        local: LocalVerifier | None = None,
        *,
        judging: Judging = Judging.UNTESTED,
        thinking: int = 0,
        judged: Callable[[Verdict], None] | None = None,
    ) -> None:
        self._model = model
        self._local = local or LocalVerifier()
        self._judging = judging
        self._thinking = thinking
        self._judged = judged

    def verify(self, claims: Sequence[Claim], evidence: Sequence[Evidence]) -> list[Verdict]:
        verdicts = self._local.verify(claims, evidence)
        open_ = [i for i, verdict in enumerate(verdicts) if _unsettled(verdict)]
        if self._judged:
            for i, verdict in enumerate(verdicts):
                if i not in open_:
                    self._judged(verdict)
        if not open_:
            return verdicts
        try:
            opinions = self._ask([verdicts[i] for i in open_], evidence)
        except ModelError as error:
            log.warning("the model could not verify", error=str(error))
            told = Check("model", f"was not asked: {error.message}")
            return [
                replace(verdict, checks=(*verdict.checks, told)) if i in open_ else verdict
                for i, verdict in enumerate(verdicts)
            ]
        for i, opinion in zip(open_, opinions, strict=True):
            verdicts[i] = self._combined(verdicts[i], opinion)
        return verdicts

    def _combined(self, local: Verdict, opinion: ModelOpinion | None) -> Verdict:
        verdict = combined(local, opinion, self._judging)
        raised = verdict.label is Label.SUPPORTED and local.label is not Label.SUPPORTED
        cited = [quote for quote in local.claim.sentences if quote.key in local.claim.keys]
        read = [quote.text for quote in dict.fromkeys((*cited, *verdict.quotes))]
        found = (local.score or 0.0) >= self._local.least_part
        if raised and not (found and self._local.carries_part(local.claim.text, read)):
            told = Check("local check", "does not find it in the sentences that are cited")
            return replace(verdict, label=Label.PARTIALLY_SUPPORTED, checks=(told,))
        return verdict

    def _ask(
        self, local: Sequence[Verdict], evidence: Sequence[Evidence]
    ) -> list[ModelOpinion | None]:
        """One opinion an open claim; whoever listens hears each while the next is written."""
        judged = self._judged

        def heard(place: int, opinion: ModelOpinion) -> None:
            if judged:
                judged(self._combined(local[place], opinion))

        return ask_opinions(
            self._model,
            [verdict.claim for verdict in local],
            evidence,
            thinking=self._thinking,
            heard=heard if judged else None,
        )


def _unsettled(verdict: Verdict) -> bool:
    """Whether there is something to ask: not for literal quotes, missing citations, or no claim."""
    told = {check.name for check in verdict.checks}
    return verdict.label is not Label.QUOTED and not told & {"citation", "no claim"}


def combined(local: Verdict, opinion: ModelOpinion | None, judging: Judging) -> Verdict:
    """The local verdict and the model's as one, by the rule at the top of this file."""
    if opinion is None:
        return _unheard(local, "gave no verdict")
    quote = opinion.quote
    differs = f" “{opinion.differs}”" if opinion.differs else " it"
    if opinion.stance is Stance.SILENT:
        return _doubted(local, f"does not find{differs} in its sources")
    if quote is None:
        return _unheard(local, "named no sentence of its sources")
    if opinion.stance is Stance.CONTRADICTS:
        told = Check("model", f"finds{differs} contradicted")
        if local.label.carries_part:
            return replace(_doubted(local, told.finding), quotes=(quote,))
        return replace(
            local, label=Label.CONTRADICTED, quotes=(quote,), checks=(*local.checks, told)
        )
    if quote.key not in local.claim.keys:
        return _doubted(local, "finds it in an article that is not cited")
    read = dict.fromkeys(each.text for each in (*local.claim.sentences, quote))
    if against := differences(local.claim.text, list(read)):
        checks = dict.fromkeys((*local.checks, *against))
        return replace(local, label=_capped(local.label), checks=tuple(checks))
    partly = opinion.stance is Stance.PARTLY and opinion.differs
    named = (Check("model", f"does not find{differs} in its sources"),) if partly else ()
    if not judging.trusted:
        return _with_untrusted(local, opinion.stance, quote, named, judging)
    if opinion.stance is Stance.SUPPORTS and local.label is not Label.UNSUPPORTED:
        return replace(local, label=Label.SUPPORTED, quotes=(quote,), checks=())
    shown = local.checks
    if opinion.stance is Stance.SUPPORTS:
        # The words that the local verifier misses are no finding where the model finds them.
        shown = (Check("local check", "finds nothing of it, though the language model does"),)
    return _in_part(local, quote, named or shown)


def _capped(label: Label) -> Label:
    return Label.PARTIALLY_SUPPORTED if label is Label.SUPPORTED else label


def _in_part(local: Verdict, quote: Quote, checks: tuple[Check, ...]) -> Verdict:
    return replace(local, label=Label.PARTIALLY_SUPPORTED, quotes=(quote,), checks=checks)


def _with_untrusted(
    local: Verdict,
    stance: Stance,
    quote: Quote,
    named: tuple[Check, ...],
    judging: Judging,
) -> Verdict:
    """The local verdict beside the word of a model that may be given too lightly.

    Args:
        stance: that it supports the claim, or supports it in part.
        named: the words of the claim that it does not find.
    """
    if stance is Stance.SUPPORTS and local.label is Label.SUPPORTED:
        return replace(local, quotes=(quote,), checks=())
    finds = "finds it supported" if stance is Stance.SUPPORTS else "finds it supported in part"
    why = Check(JUDGING_CHECK, f"the language model, which {judging.words}, {finds}")
    if local.label is Label.UNSUPPORTED:
        return replace(local, checks=(*local.checks, *named, why))
    if stance is Stance.SUPPORTS:
        return _in_part(local, quote, (*local.checks, why))
    return _in_part(local, quote, named or local.checks)


def _unheard(local: Verdict, finding: str) -> Verdict:
    """The local verdict as it is: a word that cannot be checked is none."""
    return replace(local, checks=(*local.checks, Check("model", finding)))


def _doubted(local: Verdict, finding: str) -> Verdict:
    """What the model does not find: one step down from what the local verifier found.

    The words that the local network misses say less than the model's own finding, to a reader and
    to a writer who is to mend the claim; differences that hard checks found stay.
    """
    hard = (check for check in local.checks if check.name not in NETWORK_CHECKS)
    return replace(local, label=local.label.weaker, checks=(*hard, Check("model", finding)))
