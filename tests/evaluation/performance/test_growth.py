"""Laws of growth: found again where they are known, and refused where too little was measured."""

from pathlib import Path

import orjson
import pytest
from lxml import etree

from corpora.errors import BadInput
from evaluation.performance.growth import fit, quantities, svg, table

_KEPT = Path(__file__).parents[3] / "docs" / "scale-measurements.jsonl"


def _runs() -> list[dict[str, object]]:
    return [orjson.loads(line) for line in _KEPT.read_bytes().splitlines()]


def test_a_known_law_is_found_and_extrapolated() -> None:
    runs = _runs()
    for run in runs:
        for taken in run["stages"].values():  # type: ignore[attr-defined]
            taken["cpu_s"] = 2e-3 * run["articles"] ** 1.1  # type: ignore[operator]
    for law in fit(runs, 40e6)["Processor seconds"]:
        assert law.exponent == pytest.approx(1.1)
        assert law.low == pytest.approx(law.value) == pytest.approx(2e-3 * 40e6**1.1)
        assert law.high == pytest.approx(law.value)


def test_what_was_measured_lies_near_its_law_where_that_is_linear() -> None:
    laws = {law.name: law for law in fit(_runs(), 40e6)["Bytes on disk (MB)"]}
    assert laws["articles"].exponent == pytest.approx(1, abs=0.05)
    assert laws["articles"].low <= laws["articles"].value <= laws["articles"].high


def test_two_sizes_are_too_few() -> None:
    with pytest.raises(BadInput, match="three sizes"):
        fit(_runs()[:2], 40e6)


def test_table_and_curves_name_every_quantity() -> None:
    laws = fit(_runs(), 40e6)
    image = svg(laws, 40e6)
    etree.fromstring(image.encode())
    for names in quantities(_runs()[0]).values():
        assert all(f"| {name} |" in table(laws, 40e6) for name in names)
    every = [law for panel in laws.values() for law in panel]
    assert image.count("<circle") == sum(len(law.points) for law in every)
    assert max(len(law.points) for law in every) == len(_runs())


def test_an_exact_index_is_no_point_of_the_law_of_approximate_ones() -> None:
    runs = [_runs()[-1] | {"articles": 10**k, "type": "IVF64,SQ8"} for k in (5, 6, 7)]
    runs.append(_runs()[-1] | {"articles": 10**4, "type": "Flat"})
    laws = {law.name: law for law in fit(runs, 40e6)["Processor seconds"]}
    assert len(laws["dense"].points) == 3
    assert len(laws["import"].points) == 4
    assert "dense" not in {law.name for law in fit(runs[1:], 40e6)["Processor seconds"]}
