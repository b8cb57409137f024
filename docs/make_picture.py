"""Draw `docs/check.svg`: what `grader check` prints for a small submission. Run from the project's root."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from rich.console import Console

from grader.assignment import Assignment, shipped
from grader.grade import grade
from grader.report.audience import for_student
from grader.report.terminal import show
from grader.report.to_json import report_data

TEXT = r"""# Question 1

With $d = \mu_1 - \mu_2$, taking moments under $q$,
$$
\begin{aligned}
KL[q\|p] &= \mathbb{E}_q[\log q(x) - \log p(x)] \\
 &= \frac12\log\frac{\sigma_1^2}{\sigma_2^2} + \frac{1}{2\sigma_1^2}\mathbb{E}_q[(x-\mu_1)^2] + \frac12 \\
 &= \log\frac{\sigma_1}{\sigma_2} + \frac{\sigma_2^2 + d^2}{2\sigma_1^2} - \frac12
\end{aligned}
$$
It is not symmetric: if $\sigma_1 \neq \sigma_2$, exchanging the roles changes the value.

# Question 4

## 4.3

$\lambda_1 = -\frac12$ and $\lambda_{2,3} = \pm i$, so we cannot conclude.

## 4.5

$$ J^* = \begin{pmatrix} -\gamma & 0 & -\frac12 \\ 0 & -\frac12 & 0 \\ \frac12 & 0 & \frac{1}{0 \end{pmatrix} $$
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hw3.md"
        path.write_text(TEXT, encoding="utf-8")
        data = for_student(report_data(grade([path], Assignment(shipped()))))
    data["parts"] = [p for p in data["parts"] if p["status"] != "empty"]
    console = Console(record=True, width=100, file=io.StringIO(), force_terminal=True)
    show(data, console)
    console.save_svg("docs/check.svg", title="grader check hw3.md")


if __name__ == "__main__":
    main()
