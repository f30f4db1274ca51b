"""The part of a script that trains and prints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from textwrap import indent

from gru_core.training import schedule
from gru_core.training.experiment import Experiment
from gru_core.training.script.sources import Sources, block
from gru_core.training.trainer import CLIP_EPSILON, MOMENTUM

HEADER = "step,loss,gradient_norm,validation_loss"
"""The first line that a script prints; below it, numbers with 9 significant digits.

A row for each training step: the number of updates before it, the loss of its batch, the norm of
the whole gradient before clipping, and, where the network was just evaluated, the validation loss,
else nothing. The last row has only the evaluation after the last step.
"""


def rate_of(e: Experiment, sources: Sources) -> str:
    """What the learning rate is multiplied by; adds the schedule's source where there is one."""
    if e.schedule in ("constant", "plateau") and not e.warm_up:
        return ""
    sources.add(schedule.share)
    warm_up = ", WARM_UP" if e.warm_up else ""
    return f' * share("{e.schedule}", step, STEPS{warm_up})'


_LOSSES = {
    "cross_entropy": "F.cross_entropy(answer.flatten(0, 1), targets.flatten())",
    "binary_cross_entropy": "F.binary_cross_entropy_with_logits(answer, targets)",
    "mae": "F.l1_loss(answer, targets)",
    "huber": "F.huber_loss(answer, targets)",
    "mse": "F.mse_loss(answer, targets)",
}
_OPTIMISERS = {
    "sgd": "SGD(groups, lr=LEARNING_RATE)",
    "momentum": f"SGD(groups, lr=LEARNING_RATE, momentum={MOMENTUM})",
    "rmsprop": "RMSprop(groups, lr=LEARNING_RATE)",
    "adagrad": "Adagrad(groups, lr=LEARNING_RATE)",
    "adam": "Adam(groups, lr=LEARNING_RATE)",
    "adamw": "AdamW(groups, lr=LEARNING_RATE, weight_decay=0.0)",
}


def training(e: Experiment, share: str) -> str:
    """The optimiser, and the loop that trains, evaluates and prints. share: as ``rate_of``."""
    plateau = " * factor" if e.schedule == "plateau" else ""
    groups = "network.parameters()"
    prepare = ""
    if e.l1 or e.l2:
        prepare = """
            # Biases are not decayed: that would undo a keep bias.
            decayed = [w for name, w in network.named_parameters() if "bias" not in name]
            others = [w for name, w in network.named_parameters() if "bias" in name]
        """
        decay = f', "weight_decay": {e.l2!r}' if e.l2 else ""
        groups = f'[{{"params": decayed{decay}}}, {{"params": others}}]'
    lines = [
        block("""
            def loss_of(data: Batch) -> torch.Tensor:
                inputs, targets = tensors(data)
                answer = network(inputs)
        """),
        f"    return {_LOSSES[e.loss]}",
        "",
        "",
        _clipped(),
        "",
        "",
        "torch.set_num_threads(1)  # more would add up in another order",
        "network = Network()",
        "network.load_state_dict(first_weights())",
        "weights = list(network.parameters())",
        *block(prepare).splitlines(),
        f"groups = {groups}",
        f"optimiser = torch.optim.{_OPTIMISERS[e.optimiser]}",
        "learning_rate, clip, clip_at = LEARNING_RATE, CLIP, CLIP_AT",
        *(['factor, plateau_best, since_plateau = 1.0, float("inf"), 0'] if plateau else []),
        *(['best, since_best = float("inf"), 0'] if e.patience else []),
        "step, stopped = 0, False",
        f'print("{HEADER}")',
        *block(_loop(e, f"learning_rate{share}{plateau}")).splitlines(),
        "",
        f'# torch.save(network.state_dict(), "{e.cell}.pt")',
    ]
    return "\n".join(lines)


def _clipped() -> str:
    return block(f"""
        def clipped(gradient: torch.Tensor, norm: torch.Tensor) -> torch.Tensor:
            if clip == "norm":
                return gradient * (clip_at / (norm + {CLIP_EPSILON!r})).clamp(max=1.0)
            return gradient.clamp(-clip_at, clip_at) if clip == "value" else gradient
    """)


def _loop(e: Experiment, rate: str) -> str:
    return "\n".join(_loop_lines(e, rate))


def _loop_lines(e: Experiment, rate: str) -> Iterator[str]:
    yield "while True:"
    yield '    validated = ""'
    yield "    if step % EVALUATE == 0 or step == STEPS or stopped:"
    yield "        with torch.no_grad():"
    yield "            seen = loss_of(validation).item()"
    yield '        validated = f"{seen:.9g}"'
    if e.patience:
        yield from indent(
            block("""
                since_best = 0 if seen < best else since_best + 1
                best = seen if seen < best else best
                stopped = stopped or since_best >= PATIENCE
            """),
            "        ",
        ).splitlines()
    if e.schedule == "plateau":
        yield from indent(
            block(f"""
                lower = seen < plateau_best * (1 - {schedule.PLATEAU_THRESHOLD!r})
                since_plateau = 0 if lower else since_plateau + 1
                plateau_best = seen if lower else plateau_best
                if since_plateau > {schedule.PLATEAU_PATIENCE}:
                    factor, since_plateau = factor * {schedule.PLATEAU_FACTOR!r}, 0
            """),
            "        ",
        ).splitlines()
    yield "    if step == STEPS or stopped:"
    yield '        print(f"{step},,,{validated}")'
    yield "        break"
    for change in e.changes:
        yield f"    if step == {change.step}:"
        yield f"        {change.name} = {literal(change.value)}"
    yield "    loss = loss_of(batch(step))"
    yield "    gradients = torch.autograd.grad(loss, weights)"
    yield "    norm = torch.stack([g.norm() for g in gradients]).norm()"
    yield '    print(f"{step},{loss.item():.9g},{norm.item():.9g},{validated}")'
    yield "    if loss.isfinite() and norm.isfinite():"
    yield "        for weight, gradient in zip(weights, gradients):"
    yield "            weight.grad = clipped(gradient, norm)"
    if e.l1:
        yield "        for weight in decayed:"
        yield "            weight.grad += L1 * weight.detach().sign()"
    yield "        for group in optimiser.param_groups:"
    yield f'            group["lr"] = {rate}'
    yield "        optimiser.step()"
    yield "    else:"
    yield "        stopped = True  # the last finite weights are kept"
    yield "    step += 1"


def literal(value: float | str) -> str:
    """A value of a choice as Python writes it, in double quotes."""
    return json.dumps(value) if isinstance(value, str) else repr(value)
