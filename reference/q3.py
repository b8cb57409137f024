"""Q3: bounds on the log-likelihood of a diffusion model, alone and combined with a variational auto-encoder.

The models are given by their factors. `derive` writes the log-ratio of the joints from these lists, regroups it by Bayes
and recognises divergences; the forms are LaTeX. `second` computes every one of them anew by plain enumeration of random
tables with loops, without the grader's evaluator, and compares.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Mapping
from typing import Any

Factor = tuple[tuple[str, ...], tuple[str, ...]]


def _x(t: int) -> str:
    return f"x_{t}"


# the models: (variables, given) of each factor


def _diffusion_q(sizes: Mapping[str, int]) -> list[Factor]:
    """q(x_0) Π q(x_t | x_{t-1}); q(x_0) is the data."""
    return [((_x(0),), ()), *(((_x(t),), (_x(t - 1),)) for t in range(1, sizes["T"] + 1))]


def _diffusion_p(sizes: Mapping[str, int]) -> list[Factor]:
    """p(x_T) Π p_φ(x_{t-1} | x_t)."""
    last = sizes["T"]
    return [((_x(last),), ()), *(((_x(t - 1),), (_x(t),)) for t in range(1, last + 1))]


def _combined_p(sizes: Mapping[str, int]) -> list[Factor]:
    """p(z) p_θ(c | z) p(x_T | c, z) Π p_φ(x_{t-1} | x_t, c, z)."""
    last = sizes["T"]
    steps = [((_x(t - 1),), (_x(t), "c", "z")) for t in range(1, last + 1)]
    return [(("z",), ()), (("c",), ("z",)), ((_x(last),), ("c", "z")), *steps]


def _combined_q(encoder: tuple[str, ...], forward: tuple[str, ...]) -> Callable[[Mapping[str, int]], list[Factor]]:
    """q(x_0, c) q_ψ(z | encoder) Π q(x_t | x_{t-1}, forward)."""

    def factors(sizes: Mapping[str, int]) -> list[Factor]:
        steps = [((_x(t),), (_x(t - 1), *forward)) for t in range(1, sizes["T"] + 1)]
        return [((_x(0), "c"), ()), (("z",), encoder), *steps]

    return factors


ENCODERS = {"": ("c", "x_0"), "_c": ("c",), "_x": ("x_0",)}
FORWARDS = {"": ("z", "c"), "_z": ("z",), "_c": ("c",), "_plain": ()}
"""What a factorization may choose: the encoder's inputs and what the forward process is conditioned on."""

_PLAIN: dict[str, Any] = {
    "sizes": ["T"],
    "indices": {"t": (2, "T")},
    "given": ["x_0"],
    "joints": {"q": _diffusion_q, "p": _diffusion_p},
    "scalars": ["x", "c", "z", "t", "T", "L"],
}


def worlds() -> dict[str, dict[str, Any]]:
    """The diffusion model for (a) and (b); for (c) to (e) the combined model, in every family of q."""
    from_data = {
        "L_{DDPM}": _ELBO,
        r"L_{\text{DDPM}}": _ELBO,
    }
    out: dict[str, dict[str, Any]] = {
        "Q3.a": {**_PLAIN, "definitions": from_data, "shorthand": {"ELBO": _ELBO}},
        "Q3.b": {**_PLAIN, "definitions": from_data, "shorthand": {"ELBO": _ELBO}},
    }
    for e, encoder in ENCODERS.items():
        for f, forward in FORWARDS.items():
            out[f"combined{e}{f}"] = {
                "sizes": ["T"],
                "indices": {"t": (2, "T")},
                "given": ["x_0", "c"],
                "joints": {"q": _combined_q(encoder, forward), "p": _combined_p},
                "shorthand": {"ELBO": _ELBO_C},
                "scalars": ["x", "c", "z", "t", "T", "L"],
            }
    for part in ("Q3.c", "Q3.d", "Q3.e"):
        out[part] = out["combined"]
    return out


_ELBO_C = r"\mathbb{E}_{q(x_{1:T}, z|x_0, c)}\left[\log\frac{p(x_{0:T}, c, z)}{q(x_{1:T}, z|x_0, c)}\right]"
_ELBO = r"\mathbb{E}_{q(x_{1:T}|x_0)}\left[\log\frac{p(x_{0:T})}{q(x_{1:T}|x_0)}\right]"


# first derivation: from the factors to the forms, as symbols


def _density(letter: str, args: str, given: tuple[str, ...] = ()) -> str:
    return f"{letter}({args}|{', '.join(given)})" if given else f"{letter}({args})"


def derive() -> dict[str, str]:
    """The forms as LaTeX. A form's log-ratio follows from the factor lists; regrouping uses Bayes for t ≥ 2."""
    step_p, step_q = ("x_{t-1}", "x_t"), ("x_t", "x_{t-1}")
    out: dict[str, str] = {}
    ratio = rf"\sum_{{t=1}}^{{T}} \log\frac{{{_density('p', step_p[0], step_p[1:])}}}{{{_density('q', step_q[0], step_q[1:])}}}"
    outer = r"\mathbb{E}_{q(x_{1:T}|x_0)}"
    out["log_evidence"] = r"\log p(x_0)"
    out["elbo"] = _ELBO
    out["elbo_sum"] = rf"{outer}\left[\log p(x_T) + {ratio}\right]"
    out["elbo_terms"] = _regrouped(outer, (), "")
    out["reconstruction"] = rf"{outer}[\log p(x_0|x_1)]"
    out["prior_kl"] = r"KL[q(x_T|x_0) \| p(x_T)]"
    out["inner_kls"] = rf"{outer}\left[\sum_{{t=2}}^{{T}} KL[q(x_{{t-1}}|x_t, x_0) \| p(x_{{t-1}}|x_t)]\right]"
    out["bayes"] = r"\frac{q(x_{t-1}|x_t, x_0) q(x_t|x_0)}{q(x_{t-1}|x_0)}"
    out["telescoped"] = r"\log q(x_1|x_0) - \log q(x_T|x_0)"
    out["log_evidence_c"] = r"\log p(x_0, c)"
    out["elbo_c"] = _ELBO_C
    encoder = r"\mathbb{E}_{q(z|c, x_0)}"
    out["vae"] = rf"{encoder}[\log p(c|z)] - KL[q(z|c, x_0) \| p(z)]"
    inner = r"\mathbb{E}_{q(x_{1:T}|x_0, z, c)}"
    steps = r"\sum_{t=1}^{T} \log\frac{p(x_{t-1}|x_t, c, z)}{q(x_t|x_{t-1}, z, c)}"
    out["ddpm"] = rf"{encoder}\left[{inner}\left[\log p(x_T|c, z) + {steps}\right]\right]"
    out["ddpm_terms"] = rf"{encoder}\left[{_regrouped(inner, ('z', 'c'), ', c, z')}\right]"
    out["posterior"] = "q(x_{1:T}, z|c, x_0)"
    return out


def _regrouped(outer: str, more: tuple[str, ...], given: str) -> str:
    """Reconstruction, divergences for t = T..2 and the prior's divergence under one expectation."""
    extra = "".join(", " + m for m in more)
    prior = f"p(x_T|{', '.join(more)})" if more else "p(x_T)"
    return (
        rf"{outer}\left[\log p(x_0|x_1{given}) - \sum_{{t=2}}^{{T}} KL[q(x_{{t-1}}|x_t, x_0{extra}) \| "
        rf"p(x_{{t-1}}|x_t{given})] - KL[q(x_T|x_0{extra}) \| {prior}]\right]"
    )


# second derivation: enumeration of random tables


class Enumerated:
    """One joint table as a dictionary from assignments to probabilities; everything else by summing it."""

    def __init__(self, factors: list[Factor], seed: int) -> None:
        rng = random.Random(seed)
        self.names = sorted({name for args, given in factors for name in (*args, *given)})
        tables: list[tuple[Factor, dict[tuple[int, ...], float]]] = []
        for args, given in factors:
            table = {}
            for below in itertools.product((0, 1), repeat=len(given)):
                weights = [rng.uniform(0.15, 1.0) for _ in range(2 ** len(args))]
                for above, weight in zip(itertools.product((0, 1), repeat=len(args)), weights, strict=True):
                    table[(*above, *below)] = weight / sum(weights)
            tables.append(((args, given), table))
        self.table: dict[tuple[int, ...], float] = {}
        for point in itertools.product((0, 1), repeat=len(self.names)):
            at = dict(zip(self.names, point, strict=True))
            self.table[point] = math.prod(table[tuple(at[n] for n in (*a, *g))] for (a, g), table in tables)

    def mass(self, at: Mapping[str, int]) -> float:
        """The probability of a partial assignment."""
        places = [(self.names.index(k), v) for k, v in at.items()]
        return sum(w for point, w in self.table.items() if all(point[i] == v for i, v in places))

    def given(self, at: Mapping[str, int], args: list[str], given: list[str]) -> float:
        """`p(args | given)` at an assignment."""
        return self.mass({k: at[k] for k in (*args, *given)}) / (self.mass({k: at[k] for k in given}) if given else 1.0)


def second(value: Any) -> list[str]:
    """Every derived form at random tables, by loops; `value(name, numbers, world=.., at=..)` evaluates a form.

    The tables are handed over as factors, so that both sides speak of the same distributions.
    """
    faults: list[str] = []
    for length in (2, 3):
        faults += _second_plain(value, length)
        faults += _second_combined(value, length)
    return faults


def _second_plain(value: Any, length: int) -> list[str]:
    sizes = {"T": length}
    q, p = Enumerated(_diffusion_q(sizes), 11), Enumerated(_diffusion_p(sizes), 23)
    hidden = [_x(t) for t in range(1, length + 1)]
    faults = []
    for x0, t in itertools.product((0, 1), range(2, length + 1)):
        start = {_x(0): x0}
        paths = [{**start, **dict(zip(hidden, v, strict=True))} for v in itertools.product((0, 1), repeat=length)]
        weigh = [q.given(path, hidden, [_x(0)]) for path in paths]
        likelihood = math.log(p.mass(start))
        elbo = sum(w * (math.log(p.mass(path)) - math.log(w)) for w, path in zip(weigh, paths, strict=True))
        gap = sum(w * math.log(w / p.given(path, hidden, [_x(0)])) for w, path in zip(weigh, paths, strict=True))
        if abs(likelihood - elbo - gap) > 1e-10:
            faults.append(f"Q3: log p(x_0) - ELBO is not the divergence of the posteriors (T = {length})")
        reconstruction = sum(
            w * math.log(p.given(path, [_x(0)], [_x(1)])) for w, path in zip(weigh, paths, strict=True)
        )
        inner = sum(
            w * math.log(q.given(path, [_x(s - 1)], [_x(s), _x(0)]) / p.given(path, [_x(s - 1)], [_x(s)]))
            for w, path in zip(weigh, paths, strict=True)
            for s in range(2, length + 1)
        )
        prior = sum(
            w * math.log(q.given(path, [_x(length)], [_x(0)]) / p.mass({_x(length): path[_x(length)]}))
            for w, path in zip(weigh, paths, strict=True)
        )
        numbers: dict[str, float] = {
            "log_evidence": likelihood,
            "elbo": elbo,
            "elbo_sum": elbo,
            "elbo_terms": elbo,
            "reconstruction": reconstruction,
            "inner_kls": inner,
            "prior_kl": prior,
        }
        if abs(reconstruction - inner - prior - elbo) > 1e-10:
            faults.append(f"Q3 (b): the three terms do not add up to the bound (T = {length})")
        path = paths[-2]
        numbers["bayes"] = q.given(path, [_x(t)], [_x(t - 1)])
        numbers["telescoped"] = sum(
            math.log(q.given(path, [_x(s - 1)], [_x(0)]) / q.given(path, [_x(s)], [_x(0)]))
            for s in range(2, length + 1)
        )
        faults += _compare(value, numbers, {"q": q, "p": p}, {**path, "t": t, "T": length}, [_x(0)])
    return faults


def _second_combined(value: Any, length: int) -> list[str]:
    sizes = {"T": length}
    q, p = Enumerated(_combined_q(("c", "x_0"), ("z", "c"))(sizes), 37), Enumerated(_combined_p(sizes), 41)
    hidden = [*(_x(t) for t in range(1, length + 1)), "z"]
    known = [_x(0), "c"]
    faults = []
    for x0, c in itertools.product((0, 1), repeat=2):
        start = {_x(0): x0, "c": c}
        paths = [{**start, **dict(zip(hidden, v, strict=True))} for v in itertools.product((0, 1), repeat=len(hidden))]
        weigh = [q.given(path, hidden, known) for path in paths]
        likelihood = math.log(p.mass(start))
        elbo = sum(w * (math.log(p.mass(path)) - math.log(w)) for w, path in zip(weigh, paths, strict=True))
        gap = sum(w * math.log(w / p.given(path, hidden, known)) for w, path in zip(weigh, paths, strict=True))
        if abs(likelihood - elbo - gap) > 1e-10:
            faults.append(f"Q3 (c): log p(x_0, c) - ELBO is not the divergence of the posteriors (T = {length})")
        vae = ddpm = 0.0
        for w, path in zip(weigh, paths, strict=True):
            encoder = q.given(path, ["z"], known)
            vae += w * (math.log(p.given(path, ["c"], ["z"])) - math.log(encoder / p.mass({"z": path["z"]})))
            ddpm += w * math.log(p.given(path, [_x(length)], ["c", "z"]))
            for s in range(1, length + 1):
                ddpm += w * math.log(
                    p.given(path, [_x(s - 1)], [_x(s), "c", "z"]) / q.given(path, [_x(s)], [_x(s - 1), "z", "c"])
                )
        if abs(vae + ddpm - elbo) > 1e-10:
            faults.append(f"Q3 (e): the two components do not add up to the bound (T = {length})")
        numbers = {
            "log_evidence_c": likelihood,
            "elbo_c": elbo,
            "vae": vae,
            "ddpm": ddpm,
            "ddpm_terms": ddpm,
            "posterior": weigh[-2],
        }
        faults += _compare(value, numbers, {"q": q, "p": p}, {**paths[-2], "T": length}, known)
    return faults


def _compare(
    value: Any, numbers: dict[str, float], tables: dict[str, Enumerated], at: dict[str, int], given: list[str]
) -> list[str]:
    faults = []
    for name, direct in numbers.items():
        derived = value(name, {}, tables={k: (t.names, t.table) for k, t in tables.items()}, at=at, given=given)
        if abs(derived - direct) > 1e-9 * max(1.0, abs(direct)):
            faults.append(f"Q3 {name} with T = {at['T']}: derived {derived}, by enumeration {direct}")
    return faults
