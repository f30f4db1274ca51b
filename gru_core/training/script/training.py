"""The part of a script that trains and prints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from textwrap import indent

from gru_core.training import schedule
from gru_core.training.experiment import Experiment
from gru_core.training.script.sources import Sources, block
from gru_core.training.trainer import CLIP_EPSILON, MOMENTUM, by_row, is_decayed

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


def penalties(e: Experiment) -> bool:
    """Whether weights decay, from the start or from some step on."""
    return bool(e.l1 or e.l2) or any(change.name in ("l1", "l2") for change in e.changes)


def training(e: Experiment, sources: Sources) -> str:
    """The optimiser, and the loop that trains, evaluates and prints; adds what they refer to."""
    rate = rate_of(e, sources)
    saved = "{**named, **kept}" if e.methods else "network.state_dict()"
    plateau = " * factor" if e.schedule == "plateau" else ""
    groups = "weights"
    prepare = ""
    if penalties(e):
        sources.add(is_decayed)
        prepare = """
            decayed = [w for name, w in named.items() if is_decayed(name)]
            others = [w for name, w in named.items() if not is_decayed(name)]
            l1, l2 = L1, L2
        """
        groups = '[{"params": decayed}, {"params": others}]'
    lines = [
        *(block(_WITH_METHODS if e.methods else _PLAIN).format(_LOSSES[e.loss]).splitlines()),
        "",
        "",
        _clipped(e, sources),
        "",
        "",
        "torch.set_num_threads(1)  # more would add up in another order",
        *block(_FIRST_WITH_METHODS if e.methods else _FIRST).splitlines(),
        "weights = list(named.values())",
        *block(prepare).splitlines(),
        f"groups = {groups}",
        f"optimiser = torch.optim.{_OPTIMISERS[e.optimiser]}",
        "learning_rate, clip, clip_at = LEARNING_RATE, CLIP, CLIP_AT",
        *(['factor, plateau_best, since_plateau = 1.0, float("inf"), 0'] if plateau else []),
        *(['best, since_best = float("inf"), 0'] if e.patience else []),
        "step, stopped = 0, False",
        f'print("{HEADER}")',
        *block(_loop(e, f"learning_rate{rate}{plateau}")).splitlines(),
        "",
        f'# torch.save({saved}, "{e.cell}.pt")',
    ]
    return "\n".join(lines)


_PLAIN = """
    def loss_of(data: Batch) -> torch.Tensor:
        inputs, targets = tensors(data)
        answer = network(inputs)
        return {}
"""
_WITH_METHODS = """
    def outcome(data: Batch, noise: Noise | None) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        \"\"\"The loss, and what methods measured in training. noise: None in evaluation.\"\"\"
        inputs, targets = tensors(data)
        output = forward(experiment, {{**named, **kept}}, inputs[None], noise=noise)
        answer = output.answer[0]
        return {}, output.statistics
"""
_FIRST = """
    network = Network()
    network.load_state_dict(first_weights())
    named = dict(network.named_parameters())
"""
_FIRST_WITH_METHODS = """
    first = first_weights()
    kept = {name: w for name, w in first.items() if name.rpartition("_l")[0] in KEPT}
    named = {name: w.requires_grad_() for name, w in first.items() if name not in kept}
"""


def _clipped(e: Experiment, sources: Sources) -> str:
    head = "def clipped(gradient: torch.Tensor, norm: torch.Tensor, weight: torch.Tensor):"
    lines = [
        '    if clip == "norm":',
        f"        return gradient * (clip_at / (norm + {CLIP_EPSILON!r})).clamp(max=1.0)",
    ]
    if "adaptive" in (e.clip, *(change.value for change in e.changes)):
        rows = sources.add(by_row)
        # The engine's has an axis of runs.
        call = (
            "gradient, weight, clip_at)"
            if e.methods
            else "gradient[None], weight[None], clip_at)[0]"
        )
        lines += ['    if clip == "adaptive":', f"        return {rows}({call}"]
    lines.append('    return gradient.clamp(-clip_at, clip_at) if clip == "value" else gradient')
    return "\n".join([head, *lines])


def _loop(e: Experiment, rate: str) -> str:
    return "\n".join(_loop_lines(e, rate))


def _loop_lines(e: Experiment, rate: str) -> Iterator[str]:
    yield "while True:"
    yield '    validated = ""'
    yield "    if step % EVALUATE == 0 or step == STEPS or stopped:"
    yield "        with torch.no_grad():"
    judged = "outcome(validation, None)[0]" if e.methods else "loss_of(validation)"
    yield f"            seen = {judged}.item()"
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
    if e.methods:
        yield "    loss, statistics = outcome(batch(step), Noise([SEED], step))"
    else:
        yield "    loss = loss_of(batch(step))"
    yield "    gradients = torch.autograd.grad(loss, weights)"
    yield "    norm = torch.stack([g.norm() for g in gradients]).norm()"
    yield '    print(f"{step},{loss.item():.9g},{norm.item():.9g},{validated}")'
    yield "    if loss.isfinite() and norm.isfinite():"
    yield "        for weight, gradient in zip(weights, gradients):"
    yield "            weight.grad = clipped(gradient, norm, weight)"
    if penalties(e):
        yield "        for weight in decayed:"
        yield "            weight.grad = weight.grad + l1 * weight.detach().sign()"
        yield '        optimiser.param_groups[0]["weight_decay"] = l2'
    yield "        for group in optimiser.param_groups:"
    yield f'            group["lr"] = {rate}'
    yield "        optimiser.step()"
    if e.methods:
        yield "        kept.update(statistics)"
    yield "    else:"
    yield "        stopped = True  # the last finite weights are kept"
    yield "    step += 1"


def literal(value: float | str) -> str:
    """A value of a choice as Python writes it, in double quotes."""
    return json.dumps(value) if isinstance(value, str) else repr(value)
