"""What "Compare" says about its configurations, in the session's language."""

from math import isinf

from gru_core.training.comparison import Comparison, Verdict, verdict
from pages.ui.compare_state import Contest
from pages.ui.words import label as _
from pages.ui.words import template


def name_of(comparison: Comparison, which: int) -> str:
    """The reader's own name for a configuration, or one made of what it does otherwise."""
    title = comparison.variants[which].title
    if title:
        return title
    parts = []
    for part in comparison.parts(which):
        if part.option:
            parts.append(_("{what}: {value}", what=_(part.title), value=_(part.option)))
        elif part.number is not None:
            parts.append(_("{what}: {value}", what=_(part.title), value=f"{part.number:g}"))
        else:
            parts.append(_(part.title))
    return ", ".join(parts) or _("no method")


def names(comparison: Comparison) -> list[str]:
    """All of them, in their order."""
    return [name_of(comparison, which) for which in range(len(comparison.variants))]


def progress(contest: Contest) -> str:
    """How far all of it is, and how long it will take."""
    done = _("{percent} % of all steps", percent=f"{100 * contest.share:.0f}")
    if contest.finished:
        return _("{done} · finished", done=done)
    left = contest.relay.seconds_left
    if not contest.playing or isinf(left):
        return done
    return _("{done} · {left} s left", done=done, left=f"{left:.0f}")


def figure_words() -> dict[str, str]:
    """Every word of the panels; templates keep their {fields} open."""
    return {
        "step": _("updates"),
        "loss": _("validation loss"),
        "norm": _("gradient norm"),
        "t": _("step t of the sequence"),
        "profile": _("‖∂L/∂h‖"),
        "saturation": _("saturated gates"),
        "largest": _("largest |h|"),
        "beyond": template("beyond the figure: {y} after {x}"),
    }


def sentence(contest: Contest) -> str:
    """What may be said of the losses so far."""
    members = contest.members
    found = verdict([m.record for m in members], [m.checkpoint for m in members])
    titles = names(contest.comparison)
    if found.lowest is None:
        said = [_("Nothing is trained yet: press Play, and all configurations go on side by side.")]
        if any(m.record.evaluated.size for m in members):
            said = [_("No configuration has a finite validation loss.")]
    else:
        said = [_standing(found, titles)]
    if found.diverged:
        which = ", ".join(f"**{titles[k]}**" for k in found.diverged)
        said.append(_("Runs diverged of: {names}.", names=which))
    return " ".join(said)


def _standing(found: Verdict, titles: list[str]) -> str:
    lowest = found.lowest or 0
    low, middle, high = found.spreads[lowest] or (0.0, 0.0, 0.0)
    values = {
        "name": titles[lowest],
        "middle": f"{middle:.3g}",
        "low": f"{low:.3g}",
        "high": f"{high:.3g}",
        "runs": found.runs,
    }
    first = _(
        "The lowest median validation loss is that of **{name}**: {middle} ({low} to {high} over "
        "{runs} seeds).",
        **values,
    )
    if found.ahead is not None:
        return first + " " + _("Its range lies below those of all others.")
    if found.overlapping:
        others = ", ".join(f"**{titles[k]}**" for k in found.overlapping)
        return first + " " + _("The ranges overlap with: {names}. No winner.", names=others)
    if found.runs < 3:
        return first + " " + _("With fewer than three seeds that is no more than luck.")
    return first
