"""Relocation, growth and noise against their definitions and numerical integrals."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from trainer.training import mcmc  # noqa: E402
from trainer.training.gaussians import Gaussians, covariances, from_state, initial_values, names  # noqa: E402

pytestmark = pytest.mark.torch


def splats(count: int = 40, seed: int = 0) -> Gaussians:
    random = np.random.default_rng(seed)
    values = initial_values(
        random.normal(size=(count, 3)),
        random.integers(0, 256, (count, 3)).astype(np.uint8),
        max_splats=1000,
        sh_degree=1,
        opacity=0.5,
        scale=0.3,
        seed=seed,
    )
    values["opacity_logits"] = random.uniform(-9, 4, count).astype(np.float32)
    values["quats"] = random.normal(size=(count, 4)).astype(np.float32)
    made = Gaussians({name: torch.from_numpy(value) for name, value in values.items()})
    for parameter in made.params.values():
        parameter.grad = torch.ones_like(parameter)
    made.step(dict.fromkeys(names, 1e-3))
    return made


def dice(seed: int = 3) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("opacity", [0.01, 0.3, 0.9, 0.999])
@pytest.mark.parametrize("sharing", [1, 2, 7, 51])
def test_splats_that_share_a_place_keep_what_was_seen_along_their_axis(opacity: float, sharing: int) -> None:
    """Eq. 9's condition: at the centre and in the integral, n new splats over one another hide what the old one hid."""
    opacities, factors = mcmc.shared(torch.tensor([opacity], dtype=torch.float64), torch.tensor([sharing]))
    x = np.linspace(-60, 60, 1_200_001)
    old = opacity * np.exp(-(x**2) / 2)
    new = 1 - (1 - float(opacities) * np.exp(-((x / float(factors)) ** 2) / 2)) ** sharing
    assert new.max() == pytest.approx(opacity, rel=1e-9)
    step = x[1] - x[0]
    # f64 rounding of an alternating sum of up to 51 binomials is all the difference there is.
    assert new.sum() * step == pytest.approx(old.sum() * step, rel=1e-6)


def test_the_sum_is_that_of_the_paper() -> None:
    """Eq. 9 with its two sums, term by term."""
    from math import comb, sqrt

    opacity, n = 0.7, 5
    each = 1 - (1 - opacity) ** (1 / n)
    terms = [
        comb(i - 1, k) * (-1) ** k * each ** (k + 1) / sqrt(k + 1) for i in range(1, n + 1) for k in range(i)
    ]
    opacities, factors = mcmc.shared(torch.tensor([opacity], dtype=torch.float64), torch.tensor([n]))
    assert float(opacities) == pytest.approx(each, rel=1e-12)
    assert float(factors) == pytest.approx(opacity / sum(terms), rel=1e-12)


def test_relocation_keeps_the_count_and_leaves_no_splat_dead() -> None:
    made = splats()
    before = made.state()["values"]
    dead = torch.sigmoid(before["opacity_logits"]) <= 0.005
    assert 3 < int(dead.sum()) < 30
    assert mcmc.relocate(made, 0.005, dice()) == int(dead.sum())
    assert made.count == 40
    # The floor is that of f32: a splat may end exactly on it.
    assert float(made.opacities().min().detach()) >= 0.005 * (1 - 1e-5)
    after = made.state()
    places = {tuple(row) for row in before["means"][~dead].tolist()}
    assert all(tuple(row) in places for row in after["values"]["means"][dead].tolist())
    assert float(after["first"]["means"][dead].abs().max()) == 0
    moved = torch.isin(after["values"]["means"][:, 0], after["values"]["means"][dead, 0])
    assert bool((after["second"]["sh0"][~moved] > 0).all())
    assert float(after["second"]["sh0"][moved].abs().max()) == 0


def test_relocation_without_a_live_splat_does_nothing() -> None:
    made = splats()
    with torch.no_grad():
        made.params["opacity_logits"].fill_(-20)
    assert mcmc.relocate(made, 0.005, dice()) == 0


def test_growth_is_five_per_cent_up_to_the_cap() -> None:
    made = splats(count=100)
    assert mcmc.grow(made, 1000, 1.05, 0.005, dice()) == 5
    assert mcmc.grow(made, 107, 1.05, 0.005, dice()) == 2
    assert mcmc.grow(made, 107, 1.05, 0.005, dice()) == 0
    assert mcmc.grow(made, 50, 1.05, 0.005, dice()) == 0
    assert {len(value) for value in made.state()["values"].values()} == {107}
    assert {len(value) for value in made.state()["first"].values()} == {107}


def test_places_are_drawn_in_proportion_to_the_opacity() -> None:
    weights = torch.tensor([0.0, 1, 3, 0, 6])
    counts = torch.bincount(mcmc._draw(weights, 20_000, dice()), minlength=5).double() / 20_000
    # Four standard deviations of a binomial share.
    np.testing.assert_allclose(counts.numpy(), weights.numpy() / 10, atol=4 * (0.25 / 20_000) ** 0.5)
    assert counts[0] == counts[3] == 0


def test_noise_follows_the_shape_of_transparent_splats_only() -> None:
    count = 20_000
    values = splats(1).state()
    for kind in ("values", "first", "second"):
        values[kind] = {
            name: value.repeat(count, *[1] * (value.dim() - 1)) for name, value in values[kind].items()
        }
    values["values"]["opacity_logits"].fill_(-12)
    values["values"]["log_scales"][:] = torch.tensor([-1.0, -2, -3])
    made = from_state(values, "cpu")
    before = made.params["means"].detach().clone()
    mcmc.shake(made, 100.0, dice())
    moved = ((made.params["means"] - before).detach() / 100).double()
    sigma = covariances(made.params["log_scales"][:1], made.params["quats"][:1])[0].detach().double()
    quiet = 1 / (1 + np.exp(-100 * (0.005 - 1 / (1 + np.exp(12)))))
    expected = (quiet * sigma) @ (quiet * sigma)
    found = moved.T @ moved / count
    assert float((found - expected).abs().max()) < 0.05 * float(expected.abs().max())
    with torch.no_grad():
        made.params["opacity_logits"].fill_(2)
    still = made.params["means"].detach().clone()
    mcmc.shake(made, 100.0, dice())
    assert float((made.params["means"] - still).abs().max().detach()) < 1e-20


def test_the_least_opaque_go_first() -> None:
    made = splats()
    logits = np.sort(made.state()["values"]["opacity_logits"].numpy())[::-1]
    made.keep_most_opaque(10)
    kept = made.state()
    np.testing.assert_array_equal(np.sort(kept["values"]["opacity_logits"].numpy())[::-1], logits[:10])
    assert {len(value) for value in kept["second"].values()} == {10}
    assert kept["steps"] == 1


def test_moments_survive_a_change_of_the_count() -> None:
    """Adam after a change equals Adam that had these rows all along (Kingma and Ba 2015, in numpy)."""
    made = splats(6)
    mcmc_before = made.state()
    made.append_copies(torch.tensor([], dtype=torch.long))
    gradient = torch.full((6, 3), 0.5)
    for parameter in made.params.values():
        parameter.grad = torch.zeros_like(parameter)
    made.params["means"].grad = gradient
    made.step({**dict.fromkeys(names, 0.0), "means": 0.01})
    m = 0.9 * 0.1 * np.ones((6, 3)) + 0.1 * 0.5
    v = 0.999 * 0.001 * np.ones((6, 3)) + 0.001 * 0.25
    step = 0.01 * (m / (1 - 0.9**2)) / np.sqrt(v / (1 - 0.999**2))
    expected = mcmc_before["values"]["means"].numpy() - step
    np.testing.assert_allclose(made.state()["values"]["means"].numpy(), expected, rtol=1e-5)
