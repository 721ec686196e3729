"""Follow-ups made to stand alone from the parts of the thread: "and in women?", "what dose?", "botox".

What a follow-up names takes the place of the part of its kind in the question before: the people, the
disease, the intervention, the comparison, the outcome; an aspect ("what dose?") is asked of the
intervention in the same people; years, designs and narrower people are added. Kinds come from words
(`agent.planning.parts`), not from meaning; that is why the plan always shows what a follow-up became,
and the page lets it be changed. What only its meaning reveals as a follow-up (`dependence`) keeps its
words, with the question before it in brackets.
"""

from agent.planning.followup.composition import LocalRewriter
from agent.planning.followup.dependence import depends
from agent.planning.followup.recognition import points_back

__all__ = ["LocalRewriter", "depends", "points_back"]
