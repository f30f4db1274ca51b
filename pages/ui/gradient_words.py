"""What "Gradients over time" says about its figures, in the session's language."""

from gru_core.data.gradient_study import CURVES, Reach, Study, power
from gru_core.data.gradient_view import GradientView
from gru_core.data.trained import TRAINED
from pages.ui.words import label as _


def curve_names() -> dict[str, str]:
    return {curve: _(title) for curve, title in CURVES.items()} | {TRAINED: _("Trained GRU")}


def path_names() -> dict[str, str]:
    return {
        "total": _("total J"),
        "leak": _("leak"),
        "update": _("update"),
        "candidate": _("candidate"),
        "reset": _("reset"),
    }


def sentences(study: Study) -> list[str]:
    """One for each cell: how its gradient changes on the way back, and which inputs matter."""
    names = {"gru": "GRU", "rnn": "RNN", "lstm": "LSTM"}
    if TRAINED in study.norms:
        names[TRAINED] = _("Trained GRU")
    if study.view.loss == "all":
        return [_of_all(name, study.reach(cell)) for cell, name in names.items()]
    return [_of_one(name, _memory(study, cell)) for cell, name in names.items()]


def pair_sentence(view: GradientView, norm: float) -> str:
    return _(
        "Of the gradient that L has at step {t}, which is 1, a norm of **{norm}** is left at step "
        "{s}, {steps} steps earlier.",
        t=view.t,
        s=view.s,
        norm=power(norm),
        steps=view.t - view.s,
    )


def _memory(study: Study, cell: str) -> Reach:
    """Of an LSTM c, because its memory goes back through c, not through h."""
    return study.reach("lstm_c" if cell == "lstm" else cell)


def _of_one(name: str, reach: Reach) -> str:
    if reach.last == 1:
        return _("**{cell}**: the loss is at step 1, before which there is nothing.", cell=name)
    cell = _("{cell} (its c)", cell=name) if name == "LSTM" else name
    values = {
        "cell": cell,
        "factor": power(reach.factor),
        "last": reach.last,
        "earliest": reach.earliest,
        "percent": f"{100 * reach.ratio:.2g}",
    }
    if reach.ratio >= 2.0:
        return _(
            "**{cell}**: grows by a factor **{factor}** from step {last} back to step 1: the "
            "first inputs outweigh the last, and training can blow up.",
            **values,
        )
    if reach.ratio >= 0.5:
        return _(
            "**{cell}**: keeps its size from step {last} back to step 1, to a factor {factor}: "
            "the first inputs matter as much as the last.",
            **values,
        )
    if reach.earliest == 1:
        return _(
            "**{cell}**: falls by a factor **{factor}** from step {last} back to step 1: even the "
            "first input still matters (its gradient is {percent} % of that at step {last}).",
            **values,
        )
    return _(
        "**{cell}**: falls by a factor **{factor}** from step {last} back to step 1: no input "
        "before step **{earliest}** matters (its gradient is below 1 % of that at step {last}).",
        **values,
    )


def _of_all(name: str, reach: Reach) -> str:
    return _(
        "**{cell}**: the loss of each step has a gradient of 1 there; what the losses of later "
        "steps add makes it {peak} at most, at step {step}.",
        cell=name,
        peak=power(reach.peak),
        step=reach.peak_step,
    )
