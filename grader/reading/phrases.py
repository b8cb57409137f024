"""Words around formulas that say how to take them, French and English, without accents: tables only."""

from __future__ import annotations

import re
from typing import Final

_CONDITIONS: Final = """si|if|cas|case|quand|when|lorsque|lorsqu'on a|pour|for|whenever|ou|where|dans le cas|
in the case|
supposons|suppose|supposing|assume|assuming|soit|regime|en supposant|sinon|otherwise|else|tant que|as long as|only if|ssi"""
_FILLERS: Final = (
    "ou|where|que|that|de|of|now|maintenant|the|le|alors|tout|tous|toute|toutes|all|any|every|each|first|d'abord|et|and"
)
_WIDE: Final = """dans tous les cas|dans les deux cas|dans chaque cas|in both cases|in each case|
in all cases|in every case|in either case|en general|in general|generalement|
generally|recapitulatif|conclusion|finalement|finally|quel que soit le cas|therefore in"""
_GOALS: Final = """montrons|montrer|prouvons|prouver|il faut|il suffit|on veut|on cherche|we want|want to show|show that|
to prove|need to show|we must show|let us show|let's show|il reste a|demontrons|verifions|sufficient to"""
_HYPOTHESES: Final = """soit|soient|posons|on pose|en posant|notons|on note|let|define|denote|set|with|avec|sachant que|
sachant|given|knowing|etant donnee?s?|rappel|recall|where|ou"""


def _any(words: str) -> str:
    return "(?:" + words.replace("\n", "") + ")"


CONDITION: Final = re.compile(rf"(?:^|[\s,.;:(]){_any(_CONDITIONS)}(?:\s+{_any(_FILLERS)})*\s*[:(]?\s*$")
"""Text that ends so makes the relation behind it a condition on what follows."""

WIDE: Final = re.compile(rf"\b{_any(_WIDE)}\b")
"""Words that end all cases: what follows holds in general."""

CONSTANT: Final = re.compile(
    r"\s*(?:(?:est|is|devient|becomes|etant|being)\s+)?(?:donc |alors |then |therefore |simply |aussi |also )?(?:une fonction |une |a )?constante?\b"
)
"""Text behind the name of a function that calls it constant."""

ALL_CONSTANT: Final = re.compile(
    r"\b(?:the function|la fonction|elle|it|this|celle-ci|g) (?:is|est|becomes|devient) (?:also |aussi |donc |then |alors |therefore |simply )?"
    r"(?:une fonction |a )?(?:constant|identically|identiquement|nulle partout)"
)
"""Words that call the function of the question constant."""

_GREEK: Final = "alpha|beta|gamma|delta|lambda|sigma|theta|psi|mu|rho|tau"
_VALUE: Final = (
    r"(?:zero|nulle?s?|nul|one|two|three|un|une|deux|trois|strictly|strictement|positi\w+|negati\w+|[-\u2212]?\d)"
)
_ELEMENT: Final = "(?:component|composante|level|niveau|term|terme|unit|unite|neuron|neurone|layer|couche|step|pas)"
_ALIKE: Final = (
    r"(?<!\()\b(?:same|equal|identical|common|unit|zero|memes?|egales?|egaux|identiques?) (?:means?|variances?|slopes?|weights?|bias(?:es)?|"
    r"parameters?|moyennes?|pentes?|poids|parametres?)\b|\b(?:means?|variances?|slopes?|weights?|moyennes?|pentes?|poids) "
    r"(?:are |sont )?(?:all |tou(?:te)?s )?(?:the same|equal|identical|egales|egaux|identiques|coincid\w*)\b"
)
"""Words that make quantities equal, or of one element: cases without a formula."""

SPECIAL: Final = re.compile(
    rf"\b(?!y (?:est|sont|vaut|valent)\b)(?:(?:{_GREEK})(?:[ _]?\d)?|[a-df-hj-z](?:_?\d)?)"
    rf"\s*(?:=|\b(?:is|are|equals?|being|vaut|valent|est|sont|egale?)\b)(?:\s*(?:to|a|egale?))?\s*{_VALUE}|\b(?:{_GREEK})\s+{_VALUE}\b|"
    r"\b[a-z]\s+(?:zero|null?e?|nul|positi\w+|negati\w+)\s*(?:[:,]|$)|\b(?:positive|negative|non-?zero|zero|null)\s+[a-z]\s*(?:[:,]|$)|"
    r"\b(?:special|limit|limiting|degenerate|toy|particular) (?:case|example)|\bcas (?:particulier|limite|degenere)|"
    rf"\b(?:one|une?|just one|single) {_ELEMENT}\b|{_ALIKE}|"
    r"\b(?:standard normal|unit gaussian|normale? centree)\b|"
    r"\b(?:cent(?:red|ered)|centree?s|zero[- ]mean|unit[- ]variance|reduites?) (?:normal|gauss|densit|distribution|lois?\b)\w*|"
    r"\b(?:normal|gauss|densit|distribution|lois?\b)\w* (?:cent(?:red|ered)|centree?s|reduites?)\b(?! (?:at|en|sur|around|autour|on)\b)|"
    r"\u00a4 (?:tous |toutes |all )?(?:is|are|equals?|vaut|valent|est|sont)(?: (?:tous|toutes|all|equal to|egale?s? a))? "
    r"(?:zero|nulle?s?|nuls|[01])\b|"
    r"(?:^|[.;:])\s*(?:when|if|si|quand|lorsque)\b(?! (?:we|on|nous|one|you|i|l'on)\b)[^.;:,\u00a4]{3,60},[^.;]*$|"
    r"\b(?:only one|a single|un seul|une seule)\b|\b(?:without|sans) (?:the |this |that |l'|cette )?(?:hypothes\w+|assumption|condition)|"
    r"\b(?:without|sans|with no) (?:an? |the |any |le |la |de )?(?:bias(?:es)?|biais|offsets?|shift|decalage)\b|"
    r"\bfor (?:the|an?) (?:usual|standard|plain|classical|ordinary)\b|\bpour (?:le|la|une?) \w+ (?:usuel\w*|standard|classique|ordinaire)\b|"
    r"(?:^|[.;:(\u00a4]\s*)(?:an? |un )?ex[ae]mples?\s*[:.,]|"
    r"\bat (?:its|their) optim\w+|\ba (?:son|leur) optimum\b|\bon the (?:axis|axes|line|plane)\b|\bsur (?:l'axe|les axes|la droite|le plan)\b|"
    r"\b(?:counter-?example|contre-?exemple)|"
    rf"\b(?:quand|lorsque|si|when|if)\b[^.;:,\u00a4]{{3,50}}\b(?:est|sont|vaut|is|are|was|were|equals?|becomes?|devien\w+|vanish\w*|"
    rf"s'annul\w+)\b(?: (?:aussi|also|tres|very|both|all|tous))?(?: (?:nul\w*|egal\w*|equal|petit\w*|grand\w*|small|large|infini\w*|{_VALUE})|\s*,)"
)
"""Words of values or of a special case that stand in no formula."""

EXAMPLE: Final = re.compile(
    r"\b(?:for (?:example|instance)|par exemple|e\.g\.|p\. ?ex\.|in particular|en particulier|notamment)[^.;]*$|"
    r"\b(?:sanity|consistency) check|\b(?:as|for) a check\b|(?:^|[.;:(]\s*)(?:quick )?(?:checks?|verifications?)\s*[.:]"
)
"""Text of an example or a check: not the answer in general, though what it says holds."""

AT_A_POINT: Final = re.compile(r"\b(?:at|en|au point|at the point|aux points|for|pour|with|avec)\s*\u00a4[^.;]*$")
"""Text that ends so says what follows of the point or the values (¤) before it."""

SUPPOSES: Final = re.compile(
    r"\b(?:suppos\w*|assum(?:e|ing)|admett\w*|if it were|s'il|on aurait|il faudrait|could|would (?:mean|imply|give|force|require|need|have)|"
    r"(?:cela|ce qui|ca) (?:donnerait|voudrait|impliquerait|forcerait|entrainerait)|"
    r"si\b[^.;:]{1,40}\b(?:avait|possedait|etait|existait|admettait)|if\b[^.;:]{1,40}\b(?:had|were|existed|admitted))\b"
)
"""Words with which a proof by contradiction may begin."""

REACHED: Final = re.compile(r"\b(?:contradict\w*|absurde?|impossib\w*)\b")
"""Words at which it has reached what cannot be."""

LEADS_TO: Final = re.compile(
    r"\u00a4\s*(?:\([^()]*\)\s*)?,?\s*(?:then |alors )?(?:gives?|would give|yields?|implies|leads to|forces?|means|"
    r"entraine|donne|implique|impose|force|conduit a|mene a|equivaut a)\s*(?:that |que )?$"
)
"""Text that ends so says that the formula before it (¤) leads to what follows."""

CALLED_EQUATION: Final = re.compile(
    r"\b(?:l'equation|equations?|solv(?:e|es|ing)|resoudre|resolv\w+|resout|(?:solutions?|roots?|racines?) (?:of|to|a|de))(?: de)?\s*:?\s*$"
)
"""Text that ends so calls what follows an equation."""

LEAVES_OPEN: Final = re.compile(
    r"\b(?:wrong|false|fails?|works?|works too|valid|holds?|true|fine|also|even|too|same|faux|fausse|aussi|meme|marche|vrai|valable|"
    r"echoue|idem|change|matter)(?: (?:only|too|also|aussi|egalement|meme))?,? (?:if|when|for|si|quand|lorsque|pour)\s*$"
)
"""Text that ends so, with a condition that ends its sentence: `no, wrong if b < 0.`, `also if b < 0.`; no case begins."""

PREDICATES: Final = {
    "nonzero": "!=", "non-zero": "!=", "non nul": "!=", "nul": "=", "zero": "=", "null": "=", "vanish": "=", "s'annule": "=",
    "positi": ">", "negati": "<",
}  # fmt: skip
"""What words say of a name that they suppose: "if a is zero", "b strictement positif"."""

CONTRARY: Final = {"=": "!=", "!=": "=", ">": "<=", "<": ">="}

PREDICATE: Final = re.compile(
    r"\s*,?\s*(?:(?:est|is|are|sont|vaut|being|etant)\s+)?(?P<no>(?:n'est pas|ne vaut pas|isn't|not|ne)\s+)?"
    r"(?:strictly |strictement )?(?P<what>non-?zero|non nul|nul(?:le)?s?\b|zero\b|null\b|vanishes\b|s'annule\b|positi(?:ve|f)|negati(?:ve|f))"
)
"""Text behind a name that says its sign, or that it is zero."""

CASE_HEAD: Final = re.compile(r"(?:^|[.;:!]\s*)\W*(?:cas|case)\W*(?:\d+|[ivx]+|[a-d]\b)?\W*$")
"""Text that names a case and begins a passage."""

REGIME: Final = re.compile(
    r"\W*(?:[\w'-]+ ){0,2}(?:regime|case|cas|region|limite?|phase|\w*damped|\w*amorti)\b(?: [\w'()-]+){0,3}\s*[,(:]?\s*$"
)
"""The words at the head of a line that names a case by its condition: `Critical regime, $\\gamma = 1$:`."""

RESTRICTS: Final = re.compile(r"\b(?:let|take|consider|prenons|considerons)\s*$")
"""Text that ends so restricts what follows if a range stands behind it, and else introduces a name."""

OTHERWISE: Final = re.compile(r"(?:^|[.;]\s+)(?:otherwise|sinon|else|dans le cas contraire|in the remaining case)\b")
"""A sentence that begins so speaks of all other cases."""

GOES_ON: Final = re.compile(r"\u00a4\s*(?:,\s*)?(?:et|and)\s*$")
"""A formula (¤) and a bare "and": the next one is of the same kind."""

GOAL: Final = re.compile(rf"{_any(_GOALS)}[^.;:]*[:\s]*$")
"""Text that ends so announces what is to be shown."""

INTRODUCES: Final = re.compile(
    r"\b(?:soit|soient|posons|on pose|en posant|notons|on note|let|define|denote|set|write|call|take|prenons)\b[^.;]*$"
)
"""Text that ends so gives a name a meaning, perhaps a new one."""

EXPLAINS: Final = re.compile(
    r"(?:\u00a4[\s,;.]*|^\s*)(?:where|ou|with|avec)(?:\s+(?:we (?:set|put|write)|on (?:pose|note)))?"
    r"\s*(?:\u00a4\s*(?:,|and|et|, and|, et)\s*)*$"
)
"""Words between a formula and one that explains a name in it."""

PROVE: Final = re.compile(r"\b(?:montr\w+|prouv\w+|demontr\w+|verifi\w+|show|prove|verify|check)\b(?:[^.;:]|:\s*$)*$")
"""Text that ends so says that what follows is to be shown, not to be solved."""

_WRONG: Final = "wrong|false|incorrect|faux|fausse|inexact|errone"
_TURNS: Final = r"\b(?:so|hence|thus|therefore|but|instead|rather|we get|donc|ainsi|mais|plutot|on a|on obtient)\b"
DENIED: Final = re.compile(
    r"(?:\b(?:is|are|was|were) not|\bisn't|n'est pas|ne vaut pas|\bnot equal to|(?:not (?:true|the case)|pas vrai) (?:that|que)|"
    r"\b(?:nor|ni)\b(?: (?:that|que))?|\b(?:not|n'est pas|sans) (?:need\w*|requir\w*|besoin)(?: (?:to|that|que|de|d'|have|avoir))*|"
    rf"(?:would be|serait|is|est) (?:{_WRONG}) (?:to|que|that|de|d')(?:(?!{_TURNS})[^.;:])*|"
    r"(?:cannot|can not|can't|must not|ne peut pas|ne faut pas) (?:write|say|claim|have|ecrire|dire|avoir)(?: that| que)?)\s*:?\s*$|"
    rf"(?:^|[.;:(]\s*)(?:{_WRONG})\s*:\s*$|\b(?:{_WRONG}) (?:idea|way|approach|attempt)\s*:\s*$|\b(?:mauvaise|fausse) (?:idee|piste)\s*:\s*$"
)
"""Text that ends so denies the formula behind it."""

NAIVE: Final = re.compile(
    r"(?:\b(?:naive|frequent|common|classic\w*|usual|tempting) (?:\w+ ){0,2}(?:guess|error|mistake|slip)|"
    r"\b(?:erreur|faute) (?:frequente|classique|courante)|"
    r"\b(?:one|we|you) (?:might|could|may)(?: be tempted to)? (?:write|think|guess|say|believe)|\bon pourrait (?:ecrire|croire|penser|dire)|"
    rf"\bforget\w*|\boubli\w*)(?:(?!{_TURNS})[^.;])*$"
)
"""Text that ends so speaks of an error that others make."""

ELSEWHERE: Final = re.compile(
    r"\blineari[sz]\w*|(?:\b(?:linear(?! (?:equation|map|part|combination|algebra|term)| in\b)\w*|"
    r"taylor|approx\w*(?! posterior)|first order|premier ordre|neighbou?rhood|voisinage)\b|"
    r"\b(?:equality|egalite)\b|\b(?:unlike|contrairement|original|initial|initiale)\b|\b(?:without|sans) (?:the |la |le )?(?:penal|regul)\w*|"
    rf"\b(?:would|aurait|aurions|serait)\b)(?:(?!{_TURNS})[^.;])*$"
)
"""Text that ends so speaks of an approximation, of a case of equality, of another system, or of what would be."""

UP_TO: Final = re.compile(
    r"(?:\bup to (?:an? |some |the )?(?:additive |multiplicative |irrelevant |normali[sz]\w+ )*(?:constants?|factors?|normali[sz]\w+)|"
    r"\ba (?:une|des|la) (?:constantes?|facteurs?)\b[^.;]{0,30} pres|\bmodulo (?:an? |une? |des )?(?:additive )?const\w*|"
    r"\b(?:dropp|ignor|omitt|neglect|leav)ing (?:out |away )?(?:the |all |any )?(?:additive )?constants?|"
    r"\ben (?:ignorant|negligeant|oubliant|omettant|laissant de cote) (?:les |la |toute )?constantes?)"
    r"[^.;]*$"
)
"""Text that ends so says that what follows is meant up to a constant or a factor."""

NEVER: Final = re.compile(r"\b(?:impossib\w*|never|jamais|cannot|can't|no|not|aucun\w*|pas|contradict\w*|absurde?)\b")
"""Words behind a formula that say it does not happen."""

DISCRIMINANT: Final = re.compile(r"\bdiscriminant\b(?!.*\bcub)[^.;]*$")
"""Text that ends so says that what follows is the discriminant of a quadratic."""

OTHER_SYSTEM: Final = re.compile(
    r"(?:\b(?:unlike|contrairement|original\w*|initial\w*|recall|rappel\w*|earlier|previous\w*|precedent\w*|unregulari[sz]ed|unpenali[sz]ed|"
    r"avait|avions|etaient|etait|had|was|were)\b|\b(?:without|sans|no) (?:the |any |la |le )?(?:\w+ )?(?:penal|regul)\w*)"
    rf"(?:(?!{_TURNS})[^.;])*$"
)
"""Text that ends so speaks of another system than the one asked about, such as that of an earlier question."""

NEXT_CASE: Final = re.compile(r"\s*[,.;]?\s*(?:if|si|when|quand|lorsque|for|pour)\s*$")
"""Text between a formula and a condition that may belong to it or begin a case of its own."""

TITLE: Final = re.compile(r"(?:^|[.)\u00a4:])\s*(?:\d\s*[.)])?\s*(?:the |l')?(?:equality|egalite)\s*:\s*$")
"""A heading that only names what is to come: `2. Equality:`."""

QUALIFIED: Final = re.compile(
    r"\s*,?\s*(?:holds?|a lieu|tient|is attained|est atteinte|only|if|iff|unless|when|whenever|provided|si|ssi|quand|lorsque|sauf|seulement|pourvu|"
    r"up to|apart from|modulo|a une constante|a des constantes|ignores?|neglects?|forgets?|neglige|oublie|"
    r"would|serait|should it|in (?:that|this|the) case|dans (?:ce|le) cas)\b"
)
"""Text that begins so restricts the formula before it, or speaks against it."""

CASE_BEHIND: Final = re.compile(
    r"\s*,?\s*(?:if|iff|when|whenever|unless|provided|si|ssi|quand|lorsque|sauf|pourvu|in|dans)\b"
)
"""Text that begins so restricts the formula before it to a case."""

WOULD: Final = re.compile(r"\b(?:would|aurait|aurions|serait|should)\b")
"""Words of what is not so: a formula beside them may be wrong on purpose."""

BUT: Final = re.compile(r"\s*,?\s*(?:but|mais|however)\b")
"""Text behind a formula in running text that may restrict it."""

HYPOTHETICAL: Final = re.compile(
    r"\bboth (?:solve|satisf|are solutions)|"
    r"\b(?:suppos\w*|soient|si|if|let|assume\w*)\b[^.;]{0,80}\b(?:deux|two) (?:\w+ )?(?:solutions|racines|roots|rayons|radii)|"
    r"\bsuppos\w*[^.;]{0,80}\b(?:same|meme) |\bpar l'absurde\b|\bby contradiction\b|"
    r"\b(?:suppos\w*|assume) (?:que |that )?\u00a4 (?:is|est|n'est|were|are|sont|soit) |"
    r"\bsuppos\w* (?:there|that there|qu'il|que .{0,20}(?:soit|est) (?:inver|inject)|an inverse|une inverse)|"
    r"\bif (?:there were|it were|g were)|\bs'il existait"
)
"""Words of a proof by contradiction, or about two solutions: what follows holds under what is not written as a formula."""

CONTRADICTION: Final = re.compile(r"(?<!by )(?<!par )\bcontradict\w*|\babsurde?\b(?! (?:que|that))")
"""Words at which a proof by contradiction ends."""

DENIED_AFTER: Final = re.compile(
    rf"\s*,?\s*(?:would be|is|are|would in general be|serait|est|sont) (?:in general |en general |generally )?(?:{_WRONG}|not true|pas vrai)\b|"
    r"\s*(?:does not hold|ne tient pas|n'est pas vrai|n'est pas vraie|is not true)\b|"
    r"\s*[:,;(\u2014-]{0,2}\s*(?:(?:which|ce qui|qui|this|that|cela|c'est|it) ?(?:is|est)?|c'est|an?|une?|et c'est|a)?\s*"
    r"(?:clearly |clairement |manifestement |evidemment )?(?:absurde?\w*|impossible|contradict\w*)\b"
)
"""Text that begins so denies the formula before it."""

HYPOTHESIS: Final = re.compile(rf"(?<![\w']){_any(_HYPOTHESES)}\s*(?:que|that)?[:\s]*$")
"""Text that ends so introduces a name or a given."""

THAT_IS: Final = re.compile(r"\u00a4\s*,\s*soit\s*:?\s*$")
"""Behind a claim `soit` says it again; behind a condition it introduces a name."""

TRIED: Final = re.compile(
    r"\b(?:en|at|try|trying|essayons|testons|tester|tester avec|plugging in|plug in|substituting|au point|aux points|si l'on prend|"
    r"evaluated? (?:at|en)|check(?:ing)?(?: at)?)\s*$"
)
"""Words before a value at which something is looked at."""

_SYMBOL = "(?:[a-z]|[\u03b1-\u03c9])"
PLAIN_CASE: Final = re.compile(
    r"(?:^|[\s,.;:(0-9])(?:si|cas|case|if|when|quand|lorsque|avec|with|suppose|supposons|assume)\s*(?:que|that)?\s*:?\s*"
    rf"({_SYMBOL})\s*(=|<|>|<=|>=|\u2264|\u2265|\u2260|!=)\s*(-?(?:{_SYMBOL}|\d+(?:\.\d+)?))(?![\w(])"
)
"""A condition written as plain text: `cas : c < 0`, `si a = 0`."""

REASONING: Final = re.compile(
    r"(?:regardons|considerons|calculons|etudions|look at|consider|compute|study)[^.;:]*[:\s]*$"
)
"""Text that ends so announces a step, whatever stood before it."""

_ATOM = r"[a-zA-Z\u03b1-\u03c90-9'().*/^+\-\u2212 ]"
PLAIN_CLAIM: Final = re.compile(
    rf"(?<![\w\\])([a-zA-Z]['\u2019]{{0,2}} ?\({_SYMBOL}['\u2019]?\) ?(?:=|<|>|\u2264|\u2265) ?{_ATOM}{{1,40}}?)"
    r"(?=\s*(?:[,;:]|\.(?:\s|$)|$|\s(?:alors|donc|et|and|so|for|pour|avec|with|est|is|car|because|since|which|qui|quand|when)\b))"
)
"""A claim written as plain text: `g'(z) = 1 + f'(z)`."""

JOINED: Final = re.compile(r"\u00a4\s*,?\s*(et|and|ou|or)\s*(?:si|if|que|that)?\s*$")
"""A condition (¤) and a word that joins another to it."""

TRAILING: Final = re.compile(
    r"\u00a4\s*(?:if|si|when|whenever|lorsque|quand|des que|pour tout|pour|for all|for|si et seulement si|iff)\s*$"
)
"""A formula (¤) straight before such a word: the condition behind belongs to it alone."""

SENTENCE_IF: Final = re.compile(
    r"(?:^\s*|[.;:]\s+|\u00a4\s*[.;]\s*|\b(?:and|et|but|mais|while|whereas|tandis que)\s+)(?:if|si|when|quand|lorsque)\s*$"
)
"""A sentence or a clause that begins with "if": another such one is another case."""

ONLY_LEADS: Final = re.compile(
    r"(?:^|\u00a4)[\s,.;:()]*(?:(?:we|on|this|that|it|one|then|alors|so|donc|hence|thus|and|et|but|mais|while|whereas|tandis que|alors que|"
    r"have|has|get|gets|find|finds|obtain|obtains|gives?|yields?|a|ont|obtient|trouve|donne|cela|ca|ceci|"
    r"car|since|because|as|indeed|en effet|par contre|however|here|there|ici|en remplacant|by substitution|"
    r"(?:if we )?plug(?:ging)? (?:them|it|this|these) in|substituting)[\s,.;:]*)*$"
)
"""Text whose last words only lead from one formula to the next and change nothing."""

COMMON_DENOMINATOR: Final = re.compile(
    r"\b(?:common|same|meme) (?:denominator|denominateur)(?:(?!equation|condition|devient|become|vanish|annul|solution)[^.;:\u00a4]){0,40}$"
)
"""Words before a sum written as one fraction, where they speak of no equation."""

REASON: Final = re.compile(
    r"[\s,.;(]*(?:as|because|since|by|using|with|where|jensen|bayes|markov|car|puisque|par|d'apres|en|avec|ou)\b[^.]{0,90}\.?\s*$"
)
"""Text behind a formula that only says why it holds."""

CALLED_SIDE: Final = re.compile(
    r"\b(?:call|denote|name) (?:the |this |its )?(left|right)(?:[- ]hand)?(?: side| member)?(?: by)?\s*$|"
    r"\b(?:notons|appelons|on note|on appelle) (?:le )?membre de (droite|gauche)\s*$"
)
"""Text that ends so gives one side of the formula before it a name."""

ELSE: Final = re.compile(r"\b(?:otherwise|sinon|else)\s*,?\s*$")
"""Text that ends so puts what follows under the contrary of what stood before."""

LIKEWISE = re.compile(
    r"simil|symetri|symmetr|de meme|likewise|same (?:way|argument|reason)|analog|w\.?l\.?o\.?g|without loss|sans perte|"
    r"(?:autre|other|remaining|dernier|last) cas|respecti|\bidem\b|\bflat|\bplat|constant|choose|choisi|suitabl|convenabl|small enough|"
    r"assez (?:petit|grand)|large enough|suffisamment|exist|half[- ]?(?:line|axis)|demi-droite|\binterval|\bray\b|"
    r"\bany two\b|arbitrar|quelconque|n'importe"
)
"""Words that may stand for cases no formula covers."""

SIGNED = re.compile(
    r"\b(?:(?:strictly |strictement )?(?:non)?(?:positi|negati)\w*|signs?|signes?|slopes?|pentes?|wlog|generality|generalite|"
    r"symm?etri\w*|(?:in|de)creasing|(?:de)?croissante?s?|flips?|cases?|cas)\b"
)
"""Words that may restrict a quantity to one sign."""
