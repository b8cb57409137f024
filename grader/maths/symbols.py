"""What LaTeX control sequences and words mean in formulas: tables only, a new notation is a row.

The control sequences are those of LaTeX, amsmath, mathtools, physics, bm, nicefrac and the deep-learning book's
`math_commands.tex`.
"""

from typing import Final

GREEK: Final = frozenset(
    """alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron rho sigma tau upsilon phi chi
    psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega pi ell hbar""".split()
)
ALIASES: Final = {
    "varepsilon": "epsilon",
    "vartheta": "theta",
    "varphi": "phi",
    "varrho": "rho",
    "varsigma": "sigma",
    "varpi": "pi",
    "ne": "neq",
    "not=": "neq",
    "leq": "le",
    "leqslant": "le",
    "leqq": "le",
    "geq": "ge",
    "geqslant": "ge",
    "geqq": "ge",
    "lt": "<",
    "gt": ">",
    "coloneqq": ":=",
    "coloneq": ":=",
    "eqqcolon": "=:",
    "triangleq": ":=",
    "doteq": ":=",
    "implies": "Rightarrow",
    "Longrightarrow": "Rightarrow",
    "Leftrightarrow": "iff",
    "Longleftrightarrow": "iff",
    "equivalent": "iff",
    "impliedby": "Leftarrow",
    "Longleftarrow": "Leftarrow",
    "simeq": "approx",
    "thickapprox": "approx",
    "cong": "approx",
    "varpropto": "propto",
    "rightarrow": "to",
    "longrightarrow": "to",
    "Vert": "|",
    "parallel": "|",
    "lVert": "|",
    "rVert": "|",
    "vert": "mid",
    "lvert": "mid",
    "rvert": "mid",
    "lbrace": "{",
    "rbrace": "}",
    "lbrack": "[",
    "rbrack": "]",
    "land": "wedge",
    "lor": "vee",
    "ast": "*",
    "star": "star",
    "times": "times",
    "cdotp": "cdot",
    "bullet": "cdot",
    "centerdot": "cdot",
    "dfrac": "frac",
    "tfrac": "frac",
    "cfrac": "frac",
    "nicefrac": "frac",
    "sfrac": "frac",
    "flatfrac": "frac",
    "xfrac": "frac",
    "intop": "int",
    "infinity": "infty",
    "emptyset": "varnothing",
    "colon": ":",
    "dbinom": "binom",
    "tbinom": "binom",
    "intercal": "top",
    "transpose": "top",
    "tp": "top",
    "backslash": "setminus",
    "slash": "/",
    "degree": "circ",
    "widetilde": "tilde",
    "widehat": "hat",
    "overline": "bar",
    "argmin": "argmin",
    "texttimes": "times",
    "ldots": "dots",
    "cdots": "dots",
    "dotsc": "dots",
    "dotsb": "dots",
    "dotsm": "dots",
    "vdots": "dots",
    "ddots": "dots",
    "lim": "lim",
    "Re": "Re",
    "Im": "Im",
}

# Relations between expressions. The canonical text is what the tree and the JSON carry.
RELATIONS: Final = {
    "=": "=",
    "<": "<",
    ">": ">",
    "le": "<=",
    "ge": ">=",
    "neq": "!=",
    "approx": "~=",
    "equiv": "=",
    "propto": "propto",
    ":=": ":=",
    "=:": "=:",
    "ll": "<<",
    "gg": ">>",
    "in": "in",
    "notin": "notin",
    "ni": "ni",
    "sim": "~",
    "to": "->",
    "mapsto": "->",
    "subset": "subset",
    "subseteq": "subset",
    "stackrel=": "=",
    "perp": "perp",
}
CONNECTIVES: Final = {"Rightarrow": "=>", "iff": "<=>", "Leftarrow": "<=", "leadsto": "=>", "therefore": "=>"}

# Functions of one argument that may be written without parentheses.
PREFIX_FUNCTIONS: Final = {
    "log": "log",
    "ln": "log",
    "exp": "exp",
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "sinh": "sinh",
    "cosh": "cosh",
    "tanh": "tanh",
    "arcsin": "arcsin",
    "arccos": "arccos",
    "arctan": "arctan",
    "cot": "cot",
    "sec": "sec",
    "csc": "csc",
    "erf": "erf",
    "det": "det",
    "tr": "tr",
    "Tr": "tr",
    "trace": "tr",
    "Trace": "tr",
    "diag": "diag",
    "Re": "Re",
    "Im": "Im",
    "sign": "sign",
    "sgn": "sign",
}
# Functions that are applied to parenthesised arguments.
CALL_FUNCTIONS: Final = {
    **PREFIX_FUNCTIONS,
    "max": "max",
    "min": "min",
    "ReLU": "relu",
    "relu": "relu",
    "RELU": "relu",
    "Relu": "relu",
    "sigmoid": "logistic",
    "Sigmoid": "logistic",
    "sigm": "logistic",
    "logit": "logit",
    "softplus": "softplus",
    "Softplus": "softplus",
    "abs": "abs",
    "sqrt": "sqrt",
    "log_2": "log2",
    "artanh": "arctanh",
    "arctanh": "arctanh",
    "atan": "arctan",
    "eig": "eig",
    "spec": "eig",
    "Spec": "eig",
}
INVERSES: Final = {
    "logistic": "logit",
    "logit": "logistic",
    "sin": "arcsin",
    "cos": "arccos",
    "tan": "arctan",
    "tanh": "arctanh",
    "exp": "log",
    "log": "exp",
}
BARE_FUNCTION_WORDS: Final = frozenset(
    """log ln exp sin cos tan sinh cosh tanh arctan arcsin arccos max min det tr Tr diag ReLU relu sigmoid logit
    softplus sgn sign erf sqrt abs""".split()
)
GLUED_FUNCTION_WORDS: Final = ("log", "exp", "max", "min", "det", "ln")
"""Function words found inside a run of letters, as in `xlog(y)`."""

BARE_NAMES: Final = frozenset({"ELBO", "VAE", "DDPM", "GAN"})
"""Runs of letters that are one name."""

KL_WORDS: Final = frozenset({"KL", "DKL", "D_KL", "Dkl"})
NORMAL_WORDS: Final = frozenset({"Normal", "normal"})

PROSE_WORDS: Final = frozenset(
    """et and ou or si if where avec with for pour donc sinon otherwise when quand alors then que soit let such
    car puisque since because hence thus ainsi par by tel de la le les des sur on dans pas not is est are sont""".split()
)
AND_WORDS: Final = frozenset({"et", "and", "avec", "with", "where", "ainsi que", "et que", "as well as", "and that"})
OR_WORDS: Final = frozenset({"ou", "or", "ou bien", "or else"})

# name -> fonts and wrappers that do not change what a letter names
FONTS: Final = frozenset(
    """mathbf bm boldsymbol pmb mathrm mathit mathsf mathtt mathcal mathscr mathfrak mathnormal rm bf it cal
    textbf textit textrm textsf vec overrightarrow symbf symbfit mathbb mathds mathbbm operatorname operatornamewithlimits
    vb va vu bold boldmath ensuremath underline emph textnormal up""".split()
)
TEXT_MACROS: Final = frozenset("text textrm textbf textit textsf texttt mbox hbox textnormal emph intertext shortintertext".split())
ACCENTS: Final = {"tilde": "~", "hat": "^", "bar": "-", "dot": ".", "ddot": "..", "check": "v", "breve": "u"}
SPACING: Final = frozenset(
    """, ; : ! > quad qquad hspace vspace enspace thinspace medspace thickspace negthinspace nobreak allowbreak
    displaystyle textstyle scriptstyle scriptscriptstyle limits nolimits nonumber notag mathstrut strut vphantom
    phantom hphantom hfill noindent centering par newline smallskip medskip bigskip relax protect null left right
    middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr bigm Bigm biggm Biggm allowdisplaybreaks
    lefteqn mathopen mathclose mathord mathbin mathrel mathop mathpunct cancel smash hline / footnotesize small large
    normalsize tiny qedhere qed selectfont unskip ignorespaces
    blacksquare square Box checkmark lozenge begingroup endgroup ensuremath left. right. - boxedtrue xspace""".split()
)
SPACING_WITH_ARGUMENT: Final = frozenset(
    "hspace vspace label tag phantom vphantom hphantom color textcolor ref eqref cite footnote mspace cline"
    .split()
)
ENVIRONMENT_MATRICES: Final = {
    "pmatrix": "matrix",
    "bmatrix": "matrix",
    "matrix": "matrix",
    "smallmatrix": "matrix",
    "psmallmatrix": "matrix",
    "bsmallmatrix": "matrix",
    "Bmatrix": "matrix",
    "array": "matrix",
    "vmatrix": "det",
    "vsmallmatrix": "det",
    "Vmatrix": "norm",
    "pmatrix*": "matrix",
    "bmatrix*": "matrix",
    "vmatrix*": "det",
}
CASES: Final = frozenset({"cases", "dcases", "rcases", "cases*", "dcases*"})
ALIGNED: Final = frozenset({"aligned", "split", "alignedat", "gathered", "aligned*", "multlined", "subequations"})

OLD_MATRICES: Final = frozenset({"pmatrix", "matrix", "bordermatrix"})
DIMENSION_MACROS: Final = frozenset({"mkern", "kern", "hskip", "vskip", "mskip"})
TEXT_OPERATORS: Final = {"times": ("cmd", "times"), "fois": ("cmd", "times"), "plus": ("op", "+"), "minus": ("op", "-")}
TRIGONOMETRIC: Final = frozenset({"sin", "cos", "tan", "tanh"})
TRANSPARENT: Final = ALIGNED | frozenset(
    """align align* equation equation* gather gather* displaymath math multline multline* flalign flalign* eqnarray
    eqnarray* alignat alignat* dmath dmath* aligned*""".split()
)
"""Environments whose rows belong to the formula around them."""

UNICODE: Final[dict[str, str]] = {
    **dict(zip("αβγδεζηθικλμνξοπρστυφχψω", (
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon "
        "phi chi psi omega").split(), strict=True)),
    **dict(zip("ΓΔΘΛΞΠΣΦΨΩ", "Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega".split(), strict=True)),
    "ϕ": "phi", "ϵ": "epsilon", "ϑ": "theta", "µ": "mu", "ς": "sigma", "ℓ": "ell",
    "≤": "le", "≥": "ge", "≠": "neq", "≈": "approx", "≡": "equiv", "∝": "propto", "∈": "in", "∉": "notin",
    "⇒": "Rightarrow", "⟹": "Rightarrow", "⇔": "iff", "⟺": "iff", "→": "to", "∼": "sim", "≪": "ll", "≫": "gg",
    "·": "cdot", "×": "times", "∙": "cdot", "⋅": "cdot", "÷": "/", "∗": "*", "⊙": "odot", "±": "pm", "∓": "mp",
    "∑": "sum", "∏": "prod", "∫": "int", "∂": "partial", "∇": "nabla", "√": "sqrt", "∞": "infty", "∀": "forall",
    "∃": "exists", "‖": "|", "∥": "|", "∣": "mid", "⊤": "top", "′": "prime", "…": "dots", "≔": ":=", "∧": "wedge",
    "∨": "vee", "⟂": "perp", "⟨": "langle", "⟩": "rangle", "ℝ": "RR", "ℕ": "NN", "ℤ": "ZZ", "𝔼": "EE",
    "⩾": "ge", "⩽": "le", "∅": "varnothing", "∪": "cup", "∩": "cap",
}
UNICODE_PLAIN: Final = {"−": "-", "–": "-", "—": "-", "’": "'", "⁄": "/", "∕": "/", "＝": "=", "（": "(", "）": ")", "，": ","}
SUPERSCRIPTS: Final = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-", strict=True))
SUBSCRIPTS: Final = dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))
VULGAR_FRACTIONS: Final = {"½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅛": (1, 8)}

# Macros of widely used packages, known even when the file is not attached: name -> (arguments, body).
PACKAGE_MACROS: Final[dict[str, tuple[int, str]]] = {
    "E": (0, r"\mathbb{E}"),
    "Ls": (0, r"\mathcal{L}"),
    "R": (0, r"\mathbb{R}"),
    "KL": (0, r"D_{\mathrm{KL}}"),
    "Var": (0, r"\mathrm{Var}"),
    "Cov": (0, r"\mathrm{Cov}"),
    "N": (0, r"\mathcal{N}"),
    "ptrain": (0, r"\hat{p}_{\mathrm{data}}"),
    "pdata": (0, r"p_{\mathrm{data}}"),
    "pmodel": (0, r"p_{\mathrm{model}}"),
    "relu": (0, r"\operatorname{ReLU}"),
    "ReLU": (0, r"\operatorname{ReLU}"),
    "sigmoid": (0, r"\operatorname{sigmoid}"),
    "softplus": (0, r"\operatorname{softplus}"),
    "tr": (0, r"\operatorname{tr}"),
    "Tr": (0, r"\operatorname{tr}"),
    "sign": (0, r"\operatorname{sign}"),
    "diag": (0, r"\operatorname{diag}"),
    "half": (0, r"\frac{1}{2}"),
    "1": (0, r"\mathbf{1}"),
    "eps": (0, r"\epsilon"),
    "norm": (1, r"\left\|#1\right\|"),
    "abs": (1, r"\left|#1\right|"),
    "qty": (0, ""),
    "pqty": (1, r"\left(#1\right)"),
    "bqty": (1, r"\left[#1\right]"),
    "order": (1, r"O\left(#1\right)"),
    "dd": (1, r"\mathrm{d}#1"),
    "EE": (0, r"\mathbb{E}"),
    "RR": (0, r"\mathbb{R}"),
    "NN": (0, r"\mathbb{N}"),
    "ZZ": (0, r"\mathbb{Z}"),
    "LL": (0, r"\mathcal{L}"),
    "expval": (1, r"\mathbb{E}[#1]"),
    "Set": (1, r"\{#1\}"),
    "set": (1, r"\{#1\}"),
    "paren": (1, r"\left(#1\right)"),
    "bracket": (1, r"\left[#1\right]"),
    "inv": (1, r"{#1}^{-1}"),
}
# Families of one-letter macros of math_commands.tex: prefix -> font.
LETTER_MACROS: Final = {"v": "mathbf", "m": "mathbf", "g": "mathcal", "rv": "mathbf", "ev": "mathrm", "em": "mathrm", "s": "mathbb"}
