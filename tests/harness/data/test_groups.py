"""Groups of slices that are linked, also by others."""

from __future__ import annotations

import numpy as np
import pytest

from harness.data.groups import connected


@pytest.mark.parametrize("n", [1, 2, 30, 200])
@pytest.mark.parametrize("density", [0.0, 0.004, 0.02, 0.5])
def test_groups_are_the_connected_components_as_scipy_numbers_them(n, density):
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    linked = np.random.default_rng(n).random((n, n)) < density
    linked |= linked.T
    _, expected = connected_components(coo_array(linked), directed=False)
    np.testing.assert_array_equal(connected(linked), expected)


def test_a_chain_of_many_is_one_group():
    n = 500
    linked = np.zeros((n, n), np.bool_)
    order = np.random.default_rng(0).permutation(n)
    linked[order[1:], order[:-1]] = linked[order[:-1], order[1:]] = True
    assert set(connected(linked).tolist()) == {0}
