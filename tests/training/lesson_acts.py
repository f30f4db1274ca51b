"""Every act of a lesson, as the state of its page before it was done and after."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from gru_core.data.exhibits.quiz import Quiz
from gru_core.data.gradient_view import GradientView
from gru_core.data.judging import judge
from gru_core.data.practice import Exercise, field_name
from gru_core.data.sequence_view import Drawn, SequenceView
from gru_core.data.setup import Setup
from gru_core.data.sheet import grid_of, with_grid
from gru_core.data.step_view import Place, StepView
from gru_core.training.comparison import READY
from gru_core.training.lessons import LESSONS, Compared, Step, Trained
from gru_core.training.presets import PRESETS
from gru_core.training.question_view import QuestionView
from gru_core.training.trainer import advance, start

READERS: Mapping[str, Callable[[Mapping[str, str]], Any]] = {
    "gates": StepView.from_query,
    "sequence": SequenceView.from_query,
    "gradients": GradientView.from_query,
    "questions": QuestionView.from_query,
    "articles": Quiz.from_query,
}


def acts() -> dict[str, Step]:
    """Every act by the name of its prose."""
    return {
        f"{lesson.key}-{step.key}": step
        for lesson in LESSONS.values()
        for step in lesson.steps
        if step.kind == "do"
    }


def opened(name: str) -> Any:
    """What a page that can be read from its address shows when the step begins."""
    lesson = LESSONS[name.split("-")[0]]
    place = [step.key for step in lesson.steps].index(name.split("-")[1])
    query = lesson.opens(place)
    assert query
    return READERS[lesson.steps[place].page](query())


def typed(view: StepView, name: str, row: int, value: float) -> StepView:
    grid = grid_of(view.setup, name).copy()
    grid[row, 0] = value
    setup: Setup = with_grid(view.setup, name, grid)
    return replace(view, setup=setup, example=None)


def turned(name: str, dial: str, value: object) -> QuestionView:
    view: QuestionView = opened(name).turned(dial, value)
    return view


def moved(name: str, time: int) -> StepView:
    return replace(opened(name), place=Place(time, "h", 0))


def solved(right: bool) -> Any:
    exercise = Exercise.draw("unit", 1)
    texts = {
        field_name(asked, entry): str(value if right else 0.5)
        for asked in exercise.asked
        for entry, value in zip(asked.entries, exercise.answer(asked).tolist(), strict=True)
    }
    return judge(exercise, exercise.read(texts))


def trained(preset: str, steps: int, **choices: object) -> Trained:
    checkpoint, record = advance(start(PRESETS[preset].experiment.changed(**choices)), 10)
    return Trained(replace(checkpoint, step=steps), record)


def compared(name: str, steps: int) -> Compared:
    comparison = READY[name].comparison
    done = [advance(start(experiment), 10) for experiment in comparison.experiments]
    checkpoints = tuple(replace(checkpoint, step=steps) for checkpoint, _ in done)
    return Compared(comparison, tuple(record for _, record in done), checkpoints)


def states() -> Mapping[str, tuple[tuple[Any, ...], Any]]:
    """By the name of the act: states in which it was not done, and one in which it was."""
    last = moved("recurrent-second", 2)
    ahead = trained("adding", 149)
    race, runs = compared("cells_copy", 99), compared("clip_vanishing", 149)
    return {
        "recurrent-second": (
            (opened("recurrent-second"), last, replace(last, place=Place(1, "n", 0))),
            moved("recurrent-second", 1),
        ),
        "recurrent-change": (
            # Another step's input, or another cell, is not the act.
            (
                opened("recurrent-change"),
                typed(opened("recurrent-change"), "x", 1, -2.0),
                StepView.of_example("welcome"),
            ),
            typed(opened("recurrent-change"), "x", 0, -2.0),
        ),
        "gates-look": ((opened("gates-look"), moved("gates-look", 2)), moved("gates-look", 3)),
        "gates-forget": (
            (
                opened("gates-forget"),
                # z lets go, but r is open by now
                typed(typed(opened("gates-forget"), "b_z", 0, -8.0), "b_r", 0, 7.0),
                typed(opened("gates-forget"), "b_r", 0, 7.0),
            ),
            typed(opened("gates-forget"), "b_z", 0, -8.0),
        ),
        "gates-saturate": ((opened("gates-saturate"),), StepView.of_example("saturated")),
        "candidate-blend": (
            (opened("candidate-blend"), moved("candidate-blend", 0)),
            moved("candidate-blend", 1),
        ),
        "candidate-grow": (
            (opened("candidate-grow"), turned("candidate-grow", "weight", 1.0)),
            turned("candidate-grow", "weight", 1.2),
        ),
        "hand-solve": ((None, solved(False)), solved(True)),
        "conventions-flip": (
            (opened("conventions-flip"),),
            replace(
                opened("conventions-flip"),
                setup=opened("conventions-flip").setup.with_convention(
                    replace(opened("conventions-flip").setup.convention, z_weights="candidate")
                ),
            ),
        ),
        "conventions-diagonal": (
            (opened("conventions-diagonal"), turned("conventions-diagonal", "mixing", 0.1)),
            turned("conventions-diagonal", "mixing", 0.0),
        ),
        "sequence-write": (
            (opened("sequence-write"), replace(opened("sequence-write"), time=18)),
            replace(opened("sequence-write"), time=17),
        ),
        "sequence-random": (
            (opened("sequence-random"), SequenceView.of_model("toggle")),
            SequenceView.of_model(Drawn()),
        ),
        "gradients-hundred": (
            (
                opened("gradients-hundred"),
                GradientView(T=99),
                GradientView(T=100, keep="chrono"),
            ),
            GradientView(T=100),
        ),
        "gradients-bias": (
            (GradientView(), GradientView(keep="bias", keep_bias=1.5)),
            GradientView(keep="bias", keep_bias=2.0),
        ),
        "gradients-chrono": ((GradientView(keep="bias"),), GradientView(keep="chrono")),
        "training-play": (
            (ahead, trained("rate_high", 200)),
            Trained(replace(ahead.checkpoint, step=150), ahead.record),
        ),
        "training-jump": ((trained("rate_high", 59), ahead), trained("rate_high", 60)),
        "training-mend": (
            (
                trained("rate_high", 150),
                # turned on the way, with gates that were stuck by then
                Trained(
                    trained("rate_high", 150).checkpoint.changed("learning_rate", 0.01),
                    ahead.record,
                ),
            ),
            trained("rate_high", 150, learning_rate=0.01),
        ),
        "stabilising-run": (
            (runs, race),
            runs._replace(checkpoints=tuple(replace(c, step=150) for c in runs.checkpoints)),
        ),
        "stabilising-erase": (
            (opened("stabilising-erase"), turned("stabilising-erase", "share", 0.2)),
            turned("stabilising-erase", "share", 0.25),
        ),
        "judging-race": (
            (race, runs),
            race._replace(checkpoints=tuple(replace(c, step=100) for c in race.checkpoints)),
        ),
        "judging-seeds": (
            (opened("judging-seeds"), turned("judging-seeds", "seeds", 2)),
            turned("judging-seeds", "seeds", 3),
        ),
        "judging-baseline": (
            (opened("judging-baseline"), opened("candidate-grow")),
            turned("judging-baseline", "order", 9),
        ),
        "judging-leak": (
            (opened("judging-leak"),),
            opened("judging-leak").answered(0),
        ),
    }
