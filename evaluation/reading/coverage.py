"""Train the networks that predict whether an article addresses what is asked.

    python -m evaluation.reading.coverage --home HOME [--out FOLDER] [--epochs 4]

HOME holds the demo literature. Each network starts from one of the closer look's and learns from
the training part of the near questions and from graded questions with an article that answers them.
Calibrate the reader anew after it (`evaluation.reading.calibrate`).
"""

from __future__ import annotations

from agent.language.alignment import Aligner, Relation
from agent.language.concepts import shipped_concepts
from agent.reading.closer import shipped_networks
from agent.reading.coverage import NETWORKS
from corpora.home import Home
from corpora.store import ArticleStore, open_corpus
from evaluation.reading.calibrate import options
from evaluation.reading.closer import encoded
from evaluation.reading.near import examples, read_near
from evaluation.reading.questions import GradedQuestion, Part, read_questions
from evaluation.training.verification.align import Example, Recipe, train

_USEFUL, _MAIN = 2, 3


def answered(questions: list[GradedQuestion], store: ArticleStore) -> list[Example]:
    """Graded questions, each with the article that holds its main finding."""
    found = []
    for question in questions:
        useful = {key: grade for key, grade in question.grades.items() if grade >= _USEFUL}
        if not useful:
            continue
        main = max(useful, key=lambda key: useful[key] == _MAIN)[0]
        article = store.get(main)
        if article is None:
            continue
        spans = sorted(key[1:] for key in useful if key[0] == main)
        texts = (article.text[start:end] for start, end in spans)
        read = tuple(text for text in (article.title, *texts) if text)
        found.append(
            Example(
                shipped_concepts().in_words_of(question.question, " ".join(read)).text,
                read,
                Relation.SUPPORTS, (), None, question.id, question.cluster, "",
            )
        )  # fmt: skip
    return found


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--networks", type=int, nargs="+", default=[0, 1, 2, 3])
    chosen = parser.parse_args()
    with open_corpus(Home.locate(chosen.home).corpus) as store:
        near = [question for question in read_near() if question.part is Part.TRAIN]
        graded = [question for question in read_questions() if question.part is Part.TRAIN]
        learned = [*examples(near, store), *answered(graded, store)]
    vectors = encoded({text for e in learned for text in (e.claim, *e.sentences)})
    start = shipped_networks().networks
    trained = []
    for number in chosen.networks:
        recipe = Recipe(
            epochs=chosen.epochs, rate=7e-4, batch=48, claim_words=0.5, evidence_words=0,
            order=0.5, seed=number, smoothing=0.02,
        )  # fmt: skip
        trained.append(train([learned] * chosen.epochs, vectors, recipe, start[number]))
    chosen.out.mkdir(parents=True, exist_ok=True)
    Aligner(trained).save(chosen.out / NETWORKS)


if __name__ == "__main__":
    main()
