"""Writes test/fixtures/audit/cleanlab.json: labels and probabilities with what cleanlab's `find_label_issues` makes of them.

    python tools/make-audit-fixtures.py      needs cleanlab 2.9

Each case has labels (n), probabilities [n, K] with four digits, the issues ranked by self-confidence, and the calibrated
confident joint; the last are several labels at once, judged one by one.
"""

import json
from pathlib import Path

import numpy
from cleanlab.count import compute_confident_joint
from cleanlab.filter import find_label_issues
from cleanlab.multilabel_classification.filter import find_multilabel_issues_per_class

OUT = Path(__file__).resolve().parent.parent / "test" / "fixtures" / "audit" / "cleanlab.json"


def main():
    random = numpy.random.default_rng(0)
    single = [case(random, *sizes) for sizes in [(40, 2, 0.1), (120, 3, 0.2), (90, 5, 0.3), (200, 12, 0.1), (30, 3, 0.0), (60, 20, 0.5)]]
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(dict(single=single, several=[several(random, 60, 3), several(random, 80, 5)])) + "\n")


def case(random, size, count, noise):
    truth = numpy.concatenate([numpy.arange(count), random.integers(count, size=size - count) ** 2 // count])
    labels = numpy.where(random.random(size) < noise, random.integers(count, size=size), truth)
    labels[:count] = numpy.arange(count)
    logits = random.normal(size=(size, count)) + 2.5 * numpy.eye(count)[truth]
    probabilities = softmax(logits)
    return dict(
        labels=labels.tolist(),
        probabilities=probabilities.tolist(),
        ranked=find_label_issues(labels, probabilities, return_indices_ranked_by="self_confidence").tolist(),
        joint=compute_confident_joint(labels, probabilities).tolist(),
    )


def several(random, size, count):
    truth = random.random((size, count)) < 0.3
    labels = numpy.where(random.random((size, count)) < 0.1, ~truth, truth)
    probabilities = numpy.round(1 / (1 + numpy.exp(-(3 * truth - 1.5 + random.normal(size=(size, count))))), 4)
    lists = [numpy.flatnonzero(row).tolist() for row in labels]
    ranked, _, _ = find_multilabel_issues_per_class(lists, probabilities, return_indices_ranked_by="self_confidence")
    return dict(labels=lists, probabilities=probabilities.tolist(), ranked=[one.tolist() for one in ranked])


def softmax(logits):
    """With four digits, so that rows still add up to nearly 1 and no two are equal."""
    powers = numpy.exp(logits)
    return numpy.round(powers / powers.sum(axis=1, keepdims=True), 4)


if __name__ == "__main__":
    main()
