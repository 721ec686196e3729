"""Verify claims with a language model, bounded by its quotes, the hard checks and its self-test.

How far a model's verdict can be trusted depends on the model: a strong one separates right claims
from wrong ones, a small one says “supports” to both. So a model's verdict counts by itself only if
the model passed the test of its judging (`agent.verification.judge_test`). A model that failed it,
or was never tested, can lower a verdict but never raise one above the local verifier's.

The two verdicts on a claim are combined by this rule:

1. A claim that is in its passage word for word is QUOTED; the model is not asked.
2. SUPPORTED requires that the model names a supporting sentence of a cited article, and that no
   hard check fires against that sentence.
   a. For a trusted model that is enough, unless the local verifier does not find the claim's main
      part, or does not find it in that sentence and the cited ones alone (a model that obeys orders
      in an article calls everything supported, by whatever is next to them): then the claim is
      PARTIALLY_SUPPORTED. A contradiction found by the local network says little: it finds one in
      42 of 334 right claims that models support, and in 16 of 70 wrong ones. Finding nothing says
      much: 5 and 13. Numbers and words that differ are caught by the hard checks, which override
      any model.
   b. For any other model the local verifier must find the claim SUPPORTED too. Otherwise the claim
      is PARTIALLY_SUPPORTED at best, with a check that says why; where the local verifier finds
      nothing of it, it stays UNSUPPORTED.
3. A claim that the model supports in part is PARTIALLY_SUPPORTED; if the model is not trusted, only
   where the local verifier finds something that bears on the claim.
4. A claim that the model does not find, or finds contradicted, gets the local verdict lowered by
   one step.
5. CONTRADICTED needs one of the two, as long as the other does not support the claim.
6. Anything else is UNSUPPORTED.

If the model fails, or names no sentence of the evidence, the local verdict stands, with a check
that says so.
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
from agent.verification.local_verifier import NETWORK_CHECKS, LocalVerifier
from corpora.errors import ModelError
from retrieval.passage import Evidence

log = structlog.get_logger()


class ModelVerifier:
    """Ask a model about every claim that is not a verbatim quotation.

    Args:
        judging: how the model did in the self-test of its judging.
        thinking: tokens that the model may think before it judges; 0: none.
        on_verdict: called with each verdict once it is known, while the model judges the next.
    """

    def __init__(
        self,
        model: LanguageModel,
        local: LocalVerifier | None = None,
        *,
        judging: Judging = Judging.UNTESTED,
        thinking: int = 0,
        on_verdict: Callable[[Verdict], None] | None = None,
    ) -> None:
        self._model = model
        self._local = local or LocalVerifier()
        self._judging = judging
        self._thinking = thinking
        self._on_verdict = on_verdict

    def verify(self, claims: Sequence[Claim], evidence: Sequence[Evidence]) -> list[Verdict]:
        verdicts = self._local.verify(claims, evidence)
        unsettled = [i for i, verdict in enumerate(verdicts) if _unsettled(verdict)]
        if self._on_verdict:
            for i, verdict in enumerate(verdicts):
                if i not in unsettled:
                    self._on_verdict(verdict)
        if not unsettled:
            return verdicts
        try:
            opinions = self._ask([verdicts[i] for i in unsettled], evidence)
        except ModelError as error:
            log.warning("the model could not verify", error=str(error))
            check = Check("model", f"was not asked: {error.message}")
            return [
                replace(verdict, checks=(*verdict.checks, check)) if i in unsettled else verdict
                for i, verdict in enumerate(verdicts)
            ]
        for i, opinion in zip(unsettled, opinions, strict=True):
            verdicts[i] = self._combined(verdicts[i], opinion)
        return verdicts

    def _combined(self, local: Verdict, opinion: ModelOpinion | None) -> Verdict:
        verdict = combined(local, opinion, self._judging)
        raised = verdict.label is Label.SUPPORTED and local.label is not Label.SUPPORTED
        cited = [quote for quote in local.claim.sentences if quote.key in local.claim.keys]
        read = [quote.text for quote in dict.fromkeys((*cited, *verdict.quotes))]
        found_locally = (local.score or 0.0) >= self._local.least_part
        if raised and not (found_locally and self._local.carries_part(local.claim.text, read)):
            check = Check("local check", "does not find it in the sentences that are cited")
            return replace(verdict, label=Label.PARTIALLY_SUPPORTED, checks=(check,))
        return verdict

    def _ask(
        self, local: Sequence[Verdict], evidence: Sequence[Evidence]
    ) -> list[ModelOpinion | None]:
        """One opinion per unsettled claim; each is reported while the model writes the next."""
        on_verdict = self._on_verdict

        def report(place: int, opinion: ModelOpinion) -> None:
            if on_verdict:
                on_verdict(self._combined(local[place], opinion))

        return ask_opinions(
            self._model,
            [verdict.claim for verdict in local],
            evidence,
            thinking=self._thinking,
            on_opinion=report if on_verdict else None,
        )


def _unsettled(verdict: Verdict) -> bool:
    """Whether the model must be asked: not for verbatim quotes, missing citations or no claim."""
    names = {check.name for check in verdict.checks}
    return verdict.label is not Label.QUOTED and not names & {"citation", "no claim"}


def combined(local: Verdict, opinion: ModelOpinion | None, judging: Judging) -> Verdict:
    """Combine the local verdict and the model's opinion by the rule at the top of this file."""
    if opinion is None:
        return _unheard(local, "gave no verdict")
    quote = opinion.quote
    differs = f" “{opinion.differs}”" if opinion.differs else " it"
    if opinion.stance is Stance.SILENT:
        return _doubted(local, f"does not find{differs} in its sources")
    if quote is None:
        return _unheard(local, "named no sentence of its sources")
    if opinion.stance is Stance.CONTRADICTS:
        check = Check("model", f"finds{differs} contradicted")
        if local.label.carries_part:
            return replace(_doubted(local, check.finding), quotes=(quote,))
        return replace(
            local, label=Label.CONTRADICTED, quotes=(quote,), checks=(*local.checks, check)
        )
    if quote.key not in local.claim.keys:
        return _doubted(local, "finds it in an article that is not cited")
    read = dict.fromkeys(q.text for q in (*local.claim.sentences, quote))
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
        # Words that the local verifier misses but the model finds are not worth reporting.
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
    """Combine the local verdict with the support of a model that is not trusted.

    Args:
        stance: SUPPORTS or PARTLY.
        named: a check naming the words of the claim that the model does not find, if any.
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
    """The local verdict, with a check that says why the model's opinion does not count."""
    return replace(local, checks=(*local.checks, Check("model", finding)))


def _doubted(local: Verdict, finding: str) -> Verdict:
    """Lower the local verdict by one step, because the model does not find the claim.

    The words that the local network misses give way to the model's finding, which says more to a
    reader and to a writer revising the claim; differences found by hard checks stay.
    """
    hard = (check for check in local.checks if check.name not in NETWORK_CHECKS)
    return replace(local, label=local.label.weaker, checks=(*hard, Check("model", finding)))
