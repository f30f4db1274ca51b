import pytest
import torch

from gru_core.training.schedule import EXPONENTIAL_END, STEP_FACTOR, share

STEPS = 60


def theirs(make: object) -> list[float]:
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule = make(optimiser)  # type: ignore[operator]
    rates = []
    for _ in range(STEPS):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step()
    return rates


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("step", lambda o: torch.optim.lr_scheduler.StepLR(o, STEPS // 3, STEP_FACTOR)),
        (
            "exponential",
            lambda o: torch.optim.lr_scheduler.ExponentialLR(o, EXPONENTIAL_END ** (1 / STEPS)),
        ),
        ("cosine", lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, STEPS)),
        ("constant", lambda o: torch.optim.lr_scheduler.ConstantLR(o, 1.0, 1)),
    ],
)
def test_the_rates_are_torchs(name: str, make: object) -> None:
    ours = [share(name, step, STEPS) for step in range(STEPS)]
    assert ours == pytest.approx(theirs(make), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", ["constant", "step", "exponential", "cosine", "plateau"])
def test_a_warm_up_grows_to_the_full_rate_before_the_schedule_begins(name: str) -> None:
    rates = [share(name, step, STEPS, warm_up=10) for step in range(STEPS)]
    assert rates[:10] == pytest.approx([(i + 1) / 11 for i in range(10)])
    assert rates[10:] == [share(name, step, STEPS - 10) for step in range(STEPS - 10)]
    assert rates[10] == 1.0
