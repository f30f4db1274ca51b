"""Where in the app the reader can go on with a mistake, by the library's own addresses."""

from __future__ import annotations

from dataclasses import replace

from gru_core.data.backward_setup import EXAMPLE
from gru_core.data.exhibits.exhibit import Try
from gru_core.data.gradient_view import GradientView
from gru_core.data.sequence_view import Drawn, SequenceView
from gru_core.data.sequences import Feed
from gru_core.data.step_view import StepView


def _example(name: str) -> Try:
    return Try("gates", StepView.of_example(name).to_query())


REPAIRED = _example("article_003_repaired")
PRINTED = _example("article_003_as_printed")
RESET_CLOSED = _example("reset_closed")
FORGET = _example("forget")
KEEP_BIAS = Try("gradients", GradientView(keep="bias", keep_bias=4.0).to_query())
CHRONO = Try("gradients", GradientView(keep="chrono").to_query())
LONG = Try("gradients", GradientView(T=60).to_query())
BY_HAND = Try("gradients", replace(EXAMPLE, rate=0.1).to_query())
GATES = Try("sequence", SequenceView(Drawn(H=8), Feed("sine")).to_query())
MASK = Try("sequence", SequenceView(Drawn(H=8), Feed("co2", {"T": 200, "gaps": "mask"})).to_query())
