"""Unicode letters and signs as the control sequences they stand for: tables only."""

from typing import Final

# fmt: off
UNICODE: Final[dict[str, str]] = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "ο": "omicron", "π": "pi", "ρ": "rho",
    "σ": "sigma", "τ": "tau", "υ": "upsilon", "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma",
    "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
    "ϕ": "phi", "ϵ": "epsilon", "ϑ": "theta", "µ": "mu", "ς": "sigma", "ℓ": "ell",
    "≤": "le", "≥": "ge", "≠": "neq", "≈": "approx", "≡": "equiv", "∝": "propto", "∈": "in", "∉": "notin",
    "⇒": "Rightarrow", "⟹": "Rightarrow", "⇔": "iff", "⟺": "iff", "→": "to", "∼": "sim", "≪": "ll", "≫": "gg",
    "·": "cdot", "×": "times", "∙": "cdot", "⋅": "cdot", "÷": "/", "∗": "*", "⊙": "odot", "±": "pm", "∓": "mp",
    "∑": "sum", "∏": "prod", "∫": "int", "∂": "partial", "∇": "nabla", "√": "sqrt", "∞": "infty", "∀": "forall",
    "∃": "exists", "‖": "|", "∥": "|", "∣": "mid", "⊤": "top", "′": "prime", "…": "dots", "≔": ":=", "∧": "wedge",
    "∨": "vee", "⟂": "perp", "⟨": "langle", "⟩": "rangle", "ℝ": "RR", "ℕ": "NN", "ℤ": "ZZ", "𝔼": "EE",
    "⩾": "ge", "⩽": "le", "∅": "varnothing", "∪": "cup", "∩": "cap",
}
UNICODE_PLAIN: Final = {
    "−": "-", "–": "-", "—": "-", "’": "'", "⁄": "/", "∕": "/", "＝": "=", "（": "(", "）": ")", "，": ",",
}
SUPERSCRIPTS: Final = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-", strict=True))
SUBSCRIPTS: Final = dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))
VULGAR_FRACTIONS: Final = {"½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅛": (1, 8)}

# fmt: on
