"""Convert scikit-learn's gradient boosting to the trees that Medcite evaluates."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier

from agent.trees import Trees

Floats = npt.NDArray[np.float64]


def boosted(
    rows: Floats,
    targets: npt.NDArray[np.bool_],
    weights: Floats | None = None,
    seed: int = 0,
) -> Trees:
    """Fit trees for the log-odds of `wanted`: small, with many rows per leaf and a low rate."""
    model = HistGradientBoostingClassifier(
        learning_rate=0.04,
        max_iter=220,
        max_leaf_nodes=8,
        min_samples_leaf=20,
        l2_regularization=5.0,
        max_features=0.4,
        random_state=seed,
    )
    model.fit(rows, targets, sample_weight=weights)
    return exported(model)


def exported(model: HistGradientBoostingClassifier) -> Trees:
    """A fitted binary classifier as plain arrays."""
    tables = [stage[0].nodes for stage in model._predictors]
    offsets = np.cumsum([0, *(len(table) for table in tables)])[:-1]
    nodes = np.concatenate(tables)
    shift = np.repeat(offsets, [len(table) for table in tables])
    leaf = nodes["is_leaf"].astype(bool)
    return Trees(
        feature=np.where(leaf, -1, nodes["feature_idx"]).astype(np.int32),
        threshold=np.where(leaf, 0.0, nodes["num_threshold"]).astype(np.float64),
        left=np.where(leaf, 0, nodes["left"] + shift).astype(np.int32),
        right=np.where(leaf, 0, nodes["right"] + shift).astype(np.int32),
        value=np.where(leaf, nodes["value"], 0.0).astype(np.float64),
        roots=offsets.astype(np.int32),
        base=float(np.ravel(model._baseline_prediction)[0]),
        missing_left=nodes["missing_go_to_left"].astype(bool),
    )
