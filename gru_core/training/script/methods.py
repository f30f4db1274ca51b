"""The part of a script that has its network, where methods of stabilisation act in it.

It is the engine's own: the functions of ``network`` and ``cells``, and the classes of the methods,
as they stand there, which the script gives the few things that they ask of an experiment.
"""

from __future__ import annotations

import json
from textwrap import indent

from gru_core.training import network
from gru_core.training.experiment import Chosen, Experiment
from gru_core.training.script.sources import Sources, block
from gru_core.training.stabilisers import Sizes, Together

WRITTEN = {
    "Experiment": "Experiment = SimpleNamespace",
    "State": "State = dict",
    "Part": "Part = str",
    "PLAIN": "PLAIN = Together()",
    # Without the gradient that the engine has by hand: autograd has the same.
    "_piece": block("""
        def _piece(e, x, own, state, methods, stepwise):
            return _stepped(e, x, own, state, methods)
    """),
}
"""What stands for something of the engine that a script has no need of."""


def with_methods(e: Experiment, sources: Sources) -> str:
    """The engine's ``forward`` goes to the sources; what stands below them is returned."""
    sources.imports.add("from types import SimpleNamespace")
    sources.add(Together)
    sources.add(Sizes)
    sources.add(network._stepped)  # that _piece refers to, as it is written here
    sources.add(network.forward)
    chosen = "\n".join(indent(_chosen(each, sources), " " * 8) for each in e.methods)
    kept = [f"{c.name}.{name}" for c in e.methods for name in c.method.kept]
    kept_lines = json.dumps(kept, indent=4) if kept else "[]"
    return f"""\
experiment = SimpleNamespace(
    cell="{e.cell}",
    reset="{e.reset}",
    z="{e.z}",  # what z weights
    candidate="{e.candidate}",
    hidden=HIDDEN,
    layers=LAYERS,
    truncate={e.truncate},
    about=SimpleNamespace(read="{e.about.read}"),
    methods=[
{chosen}
    ],
)
# What is measured, and not trained.
KEPT = {kept_lines}
STEPS_OF_INPUT = {e.steps_of_input}"""


def _chosen(chosen: Chosen, sources: Sources) -> str:
    make = sources.add(chosen.method.make)
    own = chosen.method.own
    numbers = "lambda *_: {}" if own is None else sources.add(own)
    return block(f"""
        SimpleNamespace(
            name="{chosen.name}",
            dial={chosen.dial!r},
            method=SimpleNamespace(
                make={make},
                numbers={numbers},
            ),
        ),
    """)
