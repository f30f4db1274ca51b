"""The checklist: every address is one that its page writes itself."""

from gru_core.data.backward_setup import BackwardSetup
from gru_core.data.exhibits.exhibit import ARTICLES
from gru_core.data.exhibits.quiz import Quiz
from gru_core.data.gradient_view import GradientView
from gru_core.data.sequence_view import SequenceView
from gru_core.data.step_view import StepView
from gru_core.training.checklist import GROUPS, LINKS
from gru_core.training.comparison import Comparison
from gru_core.training.experiment import Experiment

READERS = {
    "gates": StepView.from_query,
    "sequence": SequenceView.from_query,
    "train": Experiment.from_query,
    "compare": Comparison.from_query,
    "articles": Quiz.from_query,
}


def test_every_article_has_its_items_and_every_item_an_answer():
    assert sorted(name for group in GROUPS for name in group.articles) == list(ARTICLES)
    for group in GROUPS:
        for item in group.items:
            assert item.links or item.missing, item.title


def test_every_address_means_itself():
    for link in LINKS:
        if link.page == "gradients":
            whole = GradientView.from_query(link.query).to_query()
            whole |= BackwardSetup.from_query(link.query).to_query()
            assert whole == link.query
        else:
            assert READERS[link.page](link.query).to_query() == link.query
