"""What things cost may only shrink: calls, arrays alive and bytes saved, held against tests/costs.json."""

import json

import pytest
from costs import TABLE, calls, measured

import tinygrad_edu as tg

HOW = (
    "run `python tests/costs.py`, and commit tests/costs.json: where a number grew, with a message that says why that "
    "is worth it"
)


@pytest.fixture(scope="module")
def now():
    return measured()


@pytest.mark.parametrize("family", ["operations", "steps", "bytes saved"])
def test_nothing_costs_more_than_the_table_says(now, family):
    table = json.loads(TABLE.read_text())[family]
    assert now[family].keys() == table.keys(), HOW
    grown = {
        f"{name}, {what}": f"{table[name][what]} -> {value}"
        for name, costs in now[family].items()
        for what, value in costs.items()
        if value > table[name][what]
    }
    assert not grown, f"{grown}; {HOW}"


def test_what_costs_much_less_is_written_down(now):
    table = json.loads(TABLE.read_text())
    shrunk = {
        f"{name}, {what}": f"{table[family][name][what]} -> {value}"
        for family, rows in now.items()
        for name, costs in rows.items()
        for what, value in costs.items()
        if value < 0.75 * table[family][name][what]
    }
    assert not shrunk, f"good: {shrunk}; {HOW}"


def test_another_call_is_seen():
    x = tg.ones(3)
    assert calls(lambda: (x.exp(), x.exp())) == 2 * calls(lambda: x.exp()) > 0
