"""Experiments worth seeing, healthy ones and broken ones, each with its cure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from gru_core.errors import N_
from gru_core.training.experiment import Experiment


@dataclass(frozen=True)
class Preset:
    """One experiment of the gallery. title, look_at, why and cure_title are English message ids.

    look_at: what to watch. why: what is behind it. cure: choices that mend it, empty where there
    is nothing to mend; cure_title: what they are.
    """

    name: str
    title: str
    look_at: str
    why: str
    choices: Mapping[str, object]
    cure: Mapping[str, object] = field(default_factory=dict)
    cure_title: str = ""

    @cached_property
    def experiment(self) -> Experiment:
        """What it is."""
        return Experiment.of(self.choices)

    @property
    def cured(self) -> Experiment:
        """The experiment with its cure."""
        return self.experiment.changed(**self.cure)


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        preset.name: preset
        for preset in (
            Preset(
                "adding",
                N_("Learns: adding two marked numbers"),
                N_("the loss, which lies on the line of guessing at first, then falls off it."),
                N_(
                    "Nothing in the sequence helps until a unit keeps the first marked number; "
                    "from then on every step makes the sum better."
                ),
                {},
            ),
            Preset(
                "rate_high",
                N_("Broken: learning rate too high"),
                N_(
                    "the loss, which jumps about above the line of guessing, and the gates, almost "
                    "all of them shut or wide open from the first steps on."
                ),
                N_(
                    "Adam's first step moves every weight by the learning rate: by 1, where the "
                    "weights start below 0.25. Gates thrown that far have no middle left to learn "
                    "from."
                ),
                {"learning_rate": 1.0, "steps": 300},
                {"learning_rate": 0.01},
                N_("a hundredth of the rate"),
            ),
            Preset(
                "rate_low",
                N_("Broken: learning rate too low"),
                N_("the loss, which falls so slowly that it is still above guessing at the end."),
                N_(
                    "Adam moves a weight by about the learning rate in each step, so that 300 "
                    "steps of 0.0001 take none further than a few hundredths."
                ),
                {"learning_rate": 1e-4, "steps": 300},
                {"learning_rate": 0.01},
                N_("a hundred times the rate"),
            ),
            Preset(
                "dead_start",
                N_("Broken: everything starts at zero"),
                N_(
                    "the state, which stays exactly 0, while the loss comes down to the line of "
                    "guessing and stops there."
                ),
                N_(
                    "With W, U and the head at zero, no gradient reaches any weight but the bias "
                    "of the head, and a bias can only learn the mean."
                ),
                {"scheme": "zeros", "steps": 300},
                {"scheme": "pytorch"},
                N_("a random start"),
            ),
            Preset(
                "rnn_forgets",
                N_("Broken: an RNN asked to keep a number"),
                N_("the loss of a plain RNN, which stays on the line of guessing."),
                N_(
                    "All of its state is written anew in each step, so that a number is kept only "
                    "if U happens to hand it on unchanged. A GRU has a gate for that."
                ),
                {"cell": "rnn", "steps": 300},
                {"cell": "gru"},
                N_("a GRU"),
            ),
            Preset(
                "exploding",
                N_("Broken: exploding gradient"),
                N_(
                    "how it ends: within a few steps the loss or its gradient is no finite number "
                    "any more, and the runs stop."
                ),
                N_(
                    "U stretches by 1.9 whatever passes it, up to 50 times in a row, and ReLU sets "
                    "no bound. One step along such a gradient throws the weights out of reach."
                ),
                {
                    "task": "sine",
                    "cell": "rnn",
                    "candidate": "relu",
                    "scheme": "orthogonal",
                    "gain": 1.9,
                    "optimiser": "sgd",
                    "learning_rate": 0.5,
                    "clip": "none",
                    "steps": 150,
                },
                {"clip": "norm"},
                N_("clip the gradient by norm at 1"),
            ),
            Preset(
                "vanishing",
                N_("Broken: vanishing gradient over 100 steps"),
                N_(
                    "‖∂L/∂h_t‖ from the last step back to the first, where it is smaller by more "
                    "than 12 powers of ten, and the loss, which stays on the line of guessing."
                ),
                N_(
                    "A keep gate near one half about halves the gradient in each step back, so "
                    "that nothing arrives at the symbols to be kept. Chrono draws biases with "
                    "which the units keep for 1 to 100 steps from the start."
                ),
                {"task": "order", "length": 100, "steps": 300},
                {"keep": "chrono"},
                N_("chrono, biases for long memory"),
            ),
            Preset(
                "truncated",
                N_("Broken: gradient truncated too early"),
                N_(
                    "‖∂L/∂h_t‖, which is exactly 0 before the last 10 steps, and the loss, which "
                    "stays on the line of guessing."
                ),
                N_(
                    "The two symbols come within the first 18 of the 30 steps. The gradient is cut "
                    "off before it gets there, so that nothing teaches the network to keep them."
                ),
                {"task": "order", "length": 30, "truncate": 10, "steps": 300},
                {"truncate": 0},
                N_("the gradient of the whole sequence"),
            ),
            Preset(
                "lstm_forgets",
                N_("Broken: an LSTM that starts by forgetting"),
                N_(
                    "‖∂L/∂h_t‖, which dies out towards the first steps, and the loss, which stays "
                    "on the line of guessing."
                ),
                N_(
                    "The forget gate starts near one half, so that the cell about halves in each "
                    "step. A forget bias opens it; chrono draws one for each unit, for 1 to 50 "
                    "steps."
                ),
                {"task": "order", "length": 50, "cell": "lstm", "steps": 300},
                {"keep": "chrono"},
                N_("chrono, biases of the forget gate"),
            ),
            Preset(
                "relu",
                N_("Unbounded: ReLU in the candidate"),
                N_(
                    "the state, which passes 1 and goes on to tens or hundreds, although the loss "
                    "falls as it should."
                ),
                N_(
                    "A GRU's state is a mixture of the old state and the candidate, and so never "
                    "larger than the candidate was. Tanh keeps that below 1; ReLU has no bound."
                ),
                {"task": "order", "length": 30, "candidate": "relu", "steps": 300},
                {"candidate": "tanh"},
                N_("tanh"),
            ),
            Preset(
                "clip_low",
                N_("Broken: gradient clipped too low"),
                N_(
                    "the gradient norm before and after clipping: every step is cut to 0.01, and "
                    "the loss hardly moves."
                ),
                N_(
                    "A step of SGD is as long as the gradient that is left of it: to clip at a "
                    "thirtieth is to learn at a thirtieth of the rate."
                ),
                {
                    "task": "digit_rows",
                    "optimiser": "momentum",
                    "learning_rate": 0.1,
                    "clip_at": 0.01,
                    "steps": 300,
                },
                {"clip_at": 1.0},
                N_("clip at 1"),
            ),
            Preset(
                "overfit",
                N_("Broken: learned by heart"),
                N_(
                    "the two losses: that of the training goes to zero, while the validation loss "
                    "turns and rises."
                ),
                N_(
                    "Sixty digits are few enough to learn by heart, and what tells these apart "
                    "does not tell all digits apart."
                ),
                {"task": "digit_rows", "hidden": 32, "examples": 60, "steps": 300},
                {"examples": 0},
                N_("all 1077 training digits"),
            ),
            Preset(
                "full_batch",
                N_("Costly: all training data in every step"),
                N_(
                    "the training loss, which falls in every step because each sees the same 1077 "
                    "digits, and the steps per second."
                ),
                N_(
                    "A step costs as much as the sequences it sees. Mini-batches of 32 make the "
                    "curve noisy, but in as many steps they come nearly as far, with a "
                    "thirty-fourth of the sequences."
                ),
                {
                    "task": "digit_rows",
                    "feed": "full",
                    "optimiser": "momentum",
                    "learning_rate": 0.05,
                    "steps": 200,
                },
                {"feed": "batch"},
                N_("mini-batches of 32"),
            ),
            Preset(
                "digits",
                N_("Learns: handwritten digits, row by row"),
                N_(
                    "the confusion matrix, which gathers on its diagonal until about nine in ten "
                    "unseen digits are right."
                ),
                N_(
                    "Over 8 steps of one row each, the gradient has a short way back: the default "
                    "settings do."
                ),
                {"task": "digit_rows", "steps": 300},
            ),
            Preset(
                "sunspots",
                N_("Learns, by a little: sunspots against AR(9)"),
                N_(
                    "the two marks: persistence is passed at once, AR(9) late, and only by about a "
                    "sixth."
                ),
                N_(
                    "AR(9) is ten numbers from least squares, this network 929. On the test years, "
                    "which neither has seen, the two are about even."
                ),
                {"task": "sunspots", "steps": 300},
            ),
            Preset(
                "characters",
                N_("Learns: the next character of a sonnet"),
                N_(
                    "the validation loss, which passes the bigram mark and then flattens, while "
                    "the training loss goes on falling."
                ),
                N_(
                    "Bigrams know the present character alone; to do better, the state must keep "
                    "some of the word. The text is short, and the rest of what is learned is that "
                    "text by heart."
                ),
                {"task": "characters_en", "hidden": 64, "steps": 200},
            ),
        )
    }
)
"""In the order of the gallery; the first is what the page opens with."""
