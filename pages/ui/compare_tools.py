"""Below the panels of "Compare": the table, the diagnosis of one run, all to take away."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from gru_core.training.comparison import MOST, SAME, Comparison, results
from gru_core.training.experiment import Experiment
from gru_core.training.record import tables
from gru_core.training.script.together import comparison_script
from pages.ui import compare_words, trace_tools
from pages.ui.classroom import locks, unlocked
from pages.ui.compare_map import stability
from pages.ui.compare_state import PAGE, Contest, changing
from pages.ui.diagnosis import diagnosis
from pages.ui.downloads import download
from pages.ui.fields import select
from pages.ui.state import control
from pages.ui.words import label as _


def tabs(contest: Contest) -> None:
    """Only the open tab is computed."""
    trace_tools.tabs(
        PAGE,
        {
            _("Table"): lambda: _table(contest),
            _("Diagnosis"): lambda: _diagnosis(contest),
            _("Stability map"): lambda: stability(contest.comparison.base, _open),
            _("Take it with you"): lambda: _take_away(contest),
        },
    )


def _table(contest: Contest) -> None:
    goal = contest.comparison.base.about.goal
    mark = contest.mark if contest.mark is not None else goal
    st.number_input(
        _("A validation loss to reach"),
        0.0,
        100.0,
        float(mark),
        step=0.01,
        format="%g",
        width=260,
        **control(PAGE, "mark", mark, lambda contest, mark: contest.look(mark=mark)),
    )
    table = measured(contest, mark)
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        placeholder="–",
        alt=_("What came of each configuration"),
        column_config=_columns(),
    )
    st.caption(
        _(
            "Medians over {runs} seeds, with the least and the largest. Steps to the mark count "
            "only the seeds that reached it; times are of all seeds of a configuration together.",
            runs=contest.comparison.base.runs,
        )
    )
    download("gru-comparison.csv", lambda: table.to_csv(index=False))


def _diagnosis(contest: Contest) -> None:
    titles = dict(enumerate(compare_words.names(contest.comparison)))
    seeds = {k: _("Seed {seed}", seed=s) for k, s in enumerate(contest.comparison.base.seeds)}
    with st.container(horizontal=True, key="compare_diagnosis_bar"):
        for name, title, offered, value in (
            ("shown", _("Configuration"), titles, contest.shown),
            ("run", _("Seed"), seeds, contest.run),
        ):
            select(
                PAGE,
                name,
                title,
                offered,
                value,
                lambda contest, value, name=name: contest.look(**{name: value}),
                width=280,
            )
    member = contest.members[contest.shown]
    experiment = member.checkpoint.experiment
    diagnosis(
        PAGE,
        member.record,
        member.checkpoint,
        contest.run,
        lambda choices: changing(
            unlocked(lambda contest: _with_cure(contest, experiment, choices), *choices)
        ),
    )


def _with_cure(contest: Contest, ailing: Experiment, choices: Mapping[str, Any]) -> Contest:
    """The comparison with one more configuration: the ailing one, cured."""
    base, given = contest.comparison.base, contest.comparison.model_dump()
    cured, usual = ailing.changed(**choices).model_dump(), base.model_dump()
    differ = {k: v for k, v in cured.items() if v != usual[k] and k not in SAME}
    variants = [*given["variants"], {"choices": differ}][-MOST:]
    return contest.begin(Comparison.of({**given, "variants": variants}))


def _open(experiment: Experiment) -> None:
    st.switch_page("pages/train/train.py", query_params=experiment.to_query())


def measured(contest: Contest, mark: float) -> Any:
    """The table of results with the names of the configurations."""
    members = contest.members
    table = results(
        contest.comparison.experiments,
        [m.record for m in members],
        [m.checkpoint for m in members],
        mark,
        [m.seconds for m in members],
    )
    table.insert(0, "name", compare_words.names(contest.comparison))
    return table


def _columns() -> Mapping[str, Any]:
    number, percent = st.column_config.NumberColumn, {"format": "percent"}
    return {
        "name": _("configuration"),
        "steps": _("updates"),
        "final": number(_("final loss"), format="%.4g"),
        "final_low": number(_("least"), format="%.4g"),
        "final_high": number(_("largest"), format="%.4g"),
        "best": number(_("best loss"), format="%.4g"),
        "best_low": number(_("least"), format="%.4g"),
        "best_high": number(_("largest"), format="%.4g"),
        "steps_to_mark": number(_("steps to the mark"), format="%.0f"),
        "seconds_to_mark": number(_("seconds to the mark"), format="%.1f"),
        "reached": number(_("reached it"), **percent),
        "diverged": number(_("diverged"), **percent),
        "parameters": _("parameters"),
        "ms_per_step": number(_("ms a step"), format="%.1f"),
        "runs": _("seeds"),
    }


def _take_away(contest: Contest) -> None:
    with st.container(horizontal=True, key="compare_files"):
        download("gru-comparison.json", contest.comparison.to_json, _("Comparison as JSON"))
        download("gru-records.csv", lambda: _records(contest), _("All records as CSV"))
        download(
            "gru-comparison.py",
            lambda: comparison_script(contest.comparison, compare_words.names(contest.comparison)),
            _("Stand-alone PyTorch script"),
        )
    st.file_uploader(
        _("Open a comparison (JSON)"),
        type=["json"],
        key="compare_upload",
        disabled=locks("ready"),
        on_change=changing(unlocked(_uploaded, "ready")),
    )


def _records(contest: Contest) -> str:
    titles = compare_words.names(contest.comparison)
    named = [(title, m.record) for title, m in zip(titles, contest.members, strict=True)]
    return str(tables(named).to_csv(index=False))


def _uploaded(contest: Contest) -> Contest:
    upload = st.session_state["compare_upload"]
    if upload is None:
        return contest
    return contest.begin(Comparison.from_json(upload.getvalue()), "")
