"""The table of units says what its columns are called."""

import numpy as np

from gru_core.data.sequence_view import SequenceView
from gru_core.data.units import unit_table


def test_each_row_is_one_unit() -> None:
    trace = SequenceView.of_model("resettable_latch").trace()
    table = unit_table(trace)
    assert list(table.unit) == [1, 2]
    for i in range(2):
        row, z = table.iloc[i], trace.z[:, i]
        assert row.z_saturated == np.mean((z < 0.1) | (z > 0.9))
        np.testing.assert_allclose(row.mean_z, z.mean(), rtol=1e-12)
        np.testing.assert_allclose(row.half_life, np.log(0.5) / np.log(z).mean(), rtol=1e-12)
        assert row.largest_h == np.abs(trace.h[:, i]).max()
