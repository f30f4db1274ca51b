"""The papers and manuals that say what is right, each confirmed at its address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Source:
    """text: authors, year and title, in the language they wrote in."""

    text: str
    url: str


SOURCES: Mapping[str, Source] = MappingProxyType(
    {
        "hochreiter": Source(
            "Hochreiter & Schmidhuber 1997, Long Short-Term Memory",
            "https://doi.org/10.1162/neco.1997.9.8.1735",
        ),
        "gers": Source(
            "Gers, Schmidhuber & Cummins 2000, Learning to Forget",
            "https://doi.org/10.1162/089976600300015015",
        ),
        "cho": Source(
            "Cho et al. 2014, Learning Phrase Representations using RNN Encoder–Decoder",
            "https://arxiv.org/abs/1406.1078",
        ),
        "chung": Source(
            "Chung et al. 2014, Empirical Evaluation of Gated Recurrent Neural Networks",
            "https://arxiv.org/abs/1412.3555",
        ),
        "vaswani": Source(
            "Vaswani et al. 2017, Attention Is All You Need", "https://arxiv.org/abs/1706.03762"
        ),
        "devlin": Source("Devlin et al. 2018, BERT", "https://arxiv.org/abs/1810.04805"),
        "brown": Source(
            "Brown et al. 2020, Language Models are Few-Shot Learners (GPT-3)",
            "https://arxiv.org/abs/2005.14165",
        ),
        "graves": Source(
            "Graves 2013, Generating Sequences With Recurrent Neural Networks",
            "https://arxiv.org/abs/1308.0850",
        ),
        "greff": Source(
            "Greff et al. 2015, LSTM: A Search Space Odyssey", "https://arxiv.org/abs/1503.04069"
        ),
        "pascanu": Source(
            "Pascanu, Mikolov & Bengio 2013, On the difficulty of training RNNs",
            "https://arxiv.org/abs/1211.5063",
        ),
        "tallec": Source(
            "Tallec & Ollivier 2018, Can recurrent neural networks warp time?",
            "https://arxiv.org/abs/1804.11188",
        ),
        "kingma": Source(
            "Kingma & Ba 2014, Adam: A Method for Stochastic Optimization",
            "https://arxiv.org/abs/1412.6980",
        ),
        "bottou": Source(
            "Bottou, Curtis & Nocedal 2018, Optimization Methods for Large-Scale Machine Learning",
            "https://arxiv.org/abs/1606.04838",
        ),
        "che": Source(
            "Che et al. 2018, Recurrent Neural Networks for Multivariate Time Series with Missing "
            "Values",
            "https://www.nature.com/articles/s41598-018-24271-9",
        ),
        "cooijmans": Source(
            "Cooijmans et al. 2016, Recurrent Batch Normalization",
            "https://arxiv.org/abs/1603.09025",
        ),
        "semeniuta": Source(
            "Semeniuta et al. 2016, Recurrent Dropout without Memory Loss",
            "https://arxiv.org/abs/1603.05118",
        ),
        "iwana": Source(
            "Iwana & Uchida 2021, An empirical survey of data augmentation for time series "
            "classification",
            "https://doi.org/10.1371/journal.pone.0254841",
        ),
        "pitfalls": Source(
            "scikit-learn, Common pitfalls: data leakage",
            "https://scikit-learn.org/stable/common_pitfalls.html",
        ),
        "keras_bn": Source(
            "Keras, BatchNormalization",
            "https://keras.io/api/layers/normalization_layers/batch_normalization/",
        ),
        "keras_gru": Source("Keras, GRU", "https://keras.io/api/layers/recurrent_layers/gru/"),
    }
)
"""By key. What has no source among these was computed here."""
