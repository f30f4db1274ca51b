"""What each unit of a GRU did over a sequence, as a table."""

import numpy as np
import pandas as pd

from gru_core.maths.gru import Trace
from gru_core.maths.measures import half_life, saturation


def unit_table(trace: Trace) -> pd.DataFrame:
    """One row for each unit of a trace of one sequence.

    Columns: unit (from 1), half_life (steps), r_saturated and z_saturated (shares of the steps),
    mean_z, largest_h (the largest |h|).
    """
    return pd.DataFrame(
        {
            "unit": np.arange(1, trace.parameters.hidden_size + 1),
            "half_life": half_life(trace),
            "r_saturated": saturation(trace.r),
            "z_saturated": saturation(trace.z),
            "mean_z": trace.z.mean(axis=0),
            "largest_h": np.abs(trace.h).max(axis=0),
        }
    )
