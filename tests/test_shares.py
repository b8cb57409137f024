"""What a step that is not written down leaves: missing where nothing speaks of it, a share where words do, and never a loss
for a right answer that goes another way."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from conftest import ROOT

from grader.assignment import Assignment, shipped
from grader.grade import grade
from grader.model import CheckResult, Outcome, PartReport, Report

ASSIGNMENT = Assignment(shipped())
ELBO = r"\mathbb E_q\left[\log p(x_T)+\sum_{t=1}^T\log\frac{p_\phi(x_{t-1}|x_t)}{q(x_t|x_{t-1})}\right]"
DDPM = (
    r"\mathbb E_q\left[\log p_\phi(x_0|x_1)-\sum_{t=2}^T\mathrm{KL}[q(x_{t-1}|x_t,x_0)\|p_\phi(x_{t-1}|x_t)]"
    r"-\mathrm{KL}[q(x_T|x_0)\|p(x_T)]\right]"
)
J = r"\begin{pmatrix}0&0&-\frac12\\0&-\frac12&0\\\frac12&0&0\end{pmatrix}"
J_PENALTY = r"\begin{pmatrix}-\gamma&0&-\frac12\\0&-\frac12&0\\\frac12&0&0\end{pmatrix}"


def graded(text: str, name: str = "answer.md") -> Report:
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text(text, encoding="utf-8")
        return grade([path], ASSIGNMENT)


def part_of(report: Report, part: str) -> PartReport:
    return next(p for p in report.parts if p.id == part)


def checks(text: str, part: str) -> dict[str, CheckResult]:
    question, _, label = part.partition(".")
    heading = f"({label})" if question == "Q3" else f"{question[1:]}.{label}"
    front = f"## Question {question[1:]}\n\n{'### ' + heading if label else ''}\n\n"
    return {c.id: c for c in part_of(graded(front + text), part).checks}


def test_the_result_restated_is_no_derivation() -> None:
    found = checks(f"We have\n\n$$\\mathcal L_{{DDPM}}={DDPM}$$\n\nwhich had to be shown. So 5/5.", "Q3.b")
    assert all(found[c].outcome is Outcome.MISSING for c in ("bayes", "telescoping", "first_step"))


def test_steps_only_named_earn_half_at_most() -> None:
    found = checks(f"By Bayes' rule and a telescoping sum,\n\n$$\\mathcal L_{{DDPM}}={DDPM}$$", "Q3.b")
    for step in ("bayes", "telescoping"):
        assert found[step].outcome is Outcome.UNDECIDED
        assert found[step].points.max == pytest.approx(found[step].points.out_of / 2)


@pytest.mark.parametrize(
    "words", ["(pas eu le temps de finir)", "I ran out of time.", "TODO", "Il reste à remplacer dans la somme."]
)
def test_what_is_said_to_be_unfinished_is_missing(words: str) -> None:
    first = r"\mathbb E_q\left[\log p(x_T)+\log\frac{p_\phi(x_0|x_1)}{q(x_1|x_0)}+\sum_{t=2}^T\log\frac{p_\phi(x_{t-1}|x_t)}{q(x_t|x_{t-1})}\right]"
    found = checks(f"$$\\mathcal L_{{DDPM}}={ELBO}={first}$$\n\n{words}", "Q3.b")
    assert found["first_step"].outcome is Outcome.CORRECT
    assert found["bayes"].outcome is Outcome.MISSING and found["bayes"].note == "left_off"


def test_a_damaged_line_keeps_every_step_open() -> None:
    damaged = "$$egin{split} q(m{x}_t|m{x}_{t-1}) = & rac{q}{q} \\end{split}$$"
    found = checks(f"{damaged}\n\n$$\\mathcal L_{{DDPM}}={DDPM}$$\n\nI ran out of time.", "Q3.b")
    assert found["bayes"].outcome is Outcome.UNDECIDED and found["bayes"].points.max == found["bayes"].points.out_of


def test_words_about_what_is_to_be_shown_are_no_step() -> None:
    text = r"We have $g(z)=\sigma^{-1}\left(\sum_i w_i\sigma(a_iz+b_i)\right)$. We have to show that $g$ is strictly increasing. Q.E.D."
    found = checks(text, "Q2.2")
    assert found["slope_of_the_mixture"].outcome is Outcome.MISSING
    assert found["bounds"].outcome is Outcome.MISSING


def test_a_reason_that_is_not_given_leaves_half() -> None:
    text = r"(ii) $\tilde z=\frac{y-z_0}{r+\frac{\beta r}{\alpha+r}}$, everything on the right is known."
    found = checks(text, "Q2.4")["not_zero"]
    assert found.outcome is Outcome.UNDECIDED and found.points.max == pytest.approx(0.5)
    said = r"(ii) $\alpha+\beta+r\ge r>0$, so $\tilde z=\frac{y-z_0}{r+\frac{\beta r}{\alpha+r}}$."
    assert checks(said, "Q2.4")["not_zero"].outcome is Outcome.CORRECT


def test_a_false_line_that_was_the_step_leaves_half() -> None:
    wrong = r"$$q(x_t|x_{t-1})=q(x_{t-1}|x_t,x_0)\frac{q(x_{t-1}|x_0)}{q(x_t|x_0)}$$"
    found = checks(wrong, "Q3.b")["bayes"]
    assert (found.outcome, found.note) == (Outcome.UNDECIDED, "some_link_fails")
    assert found.points.max == pytest.approx(found.points.out_of / 2)
    assert found.evidence["link"]["values"]


def test_a_special_case_alone_earns_its_part() -> None:
    text = (
        r"Not injective: if $a=0$ then $g(z)=0$ everywhere. Otherwise take $z=-\frac{c+1}{b}$, $z'=-\frac{c+2}{b}$: "
        r"$g(z)=a\max(0,-1)=0$ and $g(z')=a\max(0,-2)=0$."
    )
    found = checks(text, "Q2.1")
    assert found["main_case"].outcome is Outcome.CORRECT
    assert (found["degenerate"].points.min, found["degenerate"].points.max) == (0.25, 0.75)


EXCHANGED = (
    "## Question 4\n\n### 4.1\n\n"
    r"$v=(-\theta\sigma(u),\ \sigma(-\psi_1)-\sigma(u),\ \psi_0\sigma(u))$ with $u=\psi_0\theta+\psi_1$."
    "\n\n### 4.2\n\n"
    r"Only the derivative of the first component by $\psi_0$ changes: $\frac{\partial\bar v_1}{\partial\psi_0}=-\theta^2\sigma'(u)-\gamma$."
    "\n\n"
    rf"$$\bar J^*={J_PENALTY}$$"
    "\n\n### 4.5\n\n"
    r"$\frac{\partial v_1}{\partial\theta}=-\sigma(u)-\theta\psi_0\sigma'(u)$, $\frac{\partial v_2}{\partial\psi_1}=-\sigma'(-\psi_1)-\sigma'(u)$,"
    r" $\frac{\partial v_3}{\partial\psi_0}=\sigma(u)+\psi_0\theta\sigma'(u)$, the others vanish at the origin. With $\sigma(0)=\frac12$:"
    "\n\n"
    rf"$$J^*={J}$$"
    "\n"
)


def test_answers_under_each_others_heading_are_graded_for_what_they_answer() -> None:
    report = graded(EXCHANGED)
    assert [p["note"] for p in report.problems] == ["exchanged"]
    for part in ("Q4.2", "Q4.5"):
        assert part_of(report, part).score.min >= 0.5 * part_of(report, part).score.out_of


def test_answers_under_their_own_heading_stay_there() -> None:
    for path in sorted((ROOT / "submissions_example").glob("en_*.md")):
        assert not any(p["note"] == "exchanged" for p in grade([path], ASSIGNMENT).problems)


@pytest.mark.parametrize("mention", [r"$\log$", r"$\sigma^{-1}$", r"$\ln$", r"$\mathbb{E}_q$", r"$g=\sigma^{-1}\circ S$"])
def test_an_operator_that_is_only_named_is_read(mention: str) -> None:
    report = graded(f"## Question 2\n\n### 2.2\n\nThe function {mention} is increasing.\n")
    assert not [s for s in part_of(report, "Q2.2").steps if s.outcome is Outcome.UNREADABLE]


def test_unfinished_work_keeps_what_another_way_may_show() -> None:
    """A step that no check knows stands in some line: it is open, though the student stops before the end."""
    text = (
        r"Let $z<z'$. Then $\sum_i w_i\sigma(a_iz+b_i)<\sum_i w_i\sigma(a_iz'+b_i)$, term by term, and the logit keeps the order."
        " I ran out of time for the bounds."
    )
    found = checks(text, "Q2.2")
    for step in ("slope_of_the_mixture", "chain_rule"):
        assert found[step].points.max == found[step].points.out_of
