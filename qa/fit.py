"""Fits the ranking weights and the confidence on development questions that name the norms which answer them (the extra ``train``).

Ranking: pairwise logistic regression over the differences of features between a right and a wrong candidate, or one that answers the question whole
and one that answers half of it. Confidence: logistic regression on whether the first candidate is right, cross-validated; an answer is given where it
is worth more than it risks: a wrong one costs :data:`WRONG_COSTS` right ones.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence, Set
from itertools import chain, product
from pathlib import Path
from typing import Any, Final

import numpy as np

from qa.ambiguity import OPEN, open_signals
from qa.ask import open_understanding
from qa.combine import ALSO, also_signals, rivals
from qa.decide import SIGNALS, signals
from qa.expand import Family, load_families
from qa.ground import Ground
from qa.index import Index
from qa.index_build import plain, wordings
from qa.leaning import OPENNESS, Leaning
from qa.models import Candidate, Intent
from qa.normalise import normalise
from qa.retrieve import FEATURES, plausible
from qa.train_data import OPENED, UNSEEN
from qa.understand import Understanding

QUESTIONS: Final = Path("tests") / "cases" / "ranking.jsonl"
SETTINGS: Final = Path("data") / "intents" / "ranking.json"
WRONG_COSTS: Final = 1.0
REFUSE: Final = 0.1
"""Confidence from which a question is refused because the rules are silent: what comes first and says so is believed, unless it is surely wrong."""
ALSO_AT: Final = 0.03
"""Probability from which another norm is said too where there is room: a sentence too many costs less than one that is missing."""
ALSO_LEAST: Final = -5.0
"""Logarithm of the probability that the question is about another norm from which it is said: below it, sentences too many are all that is left."""
WITH_LEAST: Final = -5.0
"""The same for a rule that is read with the one asked for, where it would be a sentence of its own."""
OPEN_AT: Final = 0.5
"""Probability from which a question is asked back."""
OPEN_LISTED: Final = 0.7
"""The same where the cases can be listed: mostly the list is the answer, and always it is"""
OPEN_SURE: Final = 0.9
OPEN_ALIKE: Final = 0.66
"""Confidence of a single answer and cosine of its wording from which the question is taken to say what it is about, and asked back as rarely as a list."""
OPEN_CERTAIN: Final = 0.75
"""Probability of its norm from which a sure answer is no question that is left open."""
OPEN_WHOLE: Final = 0.78
"""from this cosine of the wording that lists them."""
FAR: Final = 0.3
"""Cosine of the best candidate below which nothing is answered, however sure: long stories lie far from every wording, but not that far."""
SMALL_TALK: Final = 0.68
"""Cosine with a question outside the rules from which a turn of a dialogue is taken for one, not for a follow-up."""
OPEN_NEAR: Final = 0.4
"""Cosine of the best candidate from which a question is asked back: below it is about something else altogether."""
_SPREAD: Final = 4.0
"""Mean difference in score between a right and a wrong candidate."""
_LEANS: Final = 6.0
"""Inverse strength of the regularisation of the leaning, whose inputs have length 1."""
_NEVER_OPEN: Final = ("outside", "list", "items", "chapter", "structure", "facts")
"""Kinds of families whose questions leave nothing open that the rules could tell."""
_OPENS: Final = 1.25
"""Inverse strength of the regularisation of the openness."""
_CLOSED: Final = 2
"""Norms up to which a wording says what it is about: one of more may ask for a list."""
_OPEN_SHOWN: Final = 4
"""Of the wordings that leave open what they are about every fourth is asked: about one question in ten does, authors wrote more."""
_PARTS: Final = 5
"""Parts of the files of :data:`UNSEEN`, each asked of an index that knows the others: about as much as the service knows of a new question."""
_GAPS_SHOWN: Final = 2
"""Of the wordings of what the rules do not say every second is asked: people ask one such question in ten, authors wrote more;"""
_FAR_SHOWN: Final = 2
"""and every second of those outside the rules, one question in fifteen."""
_RIGHT_SHOWN: Final = 2
_WRONG_SHOWN: Final = 8
_LONG_SHOWN: Final = 4
"""Right candidates of one question, and wrong ones that each is set against; one that answers half of it, and one that says much more, is set against
those that answer it whole."""
_MORE: Final = 2
"""Norms that an answer may have beside those that are wanted."""


def fit(root: Path, build: Path) -> str:
    """Fit on ``tests/cases/ranking.jsonl`` and on the wordings of :data:`UNSEEN`, each asked of an index that knows none of its file; write
    ``ranking.json`` and the leaning, and report what was measured. The same data give the same files."""
    settings = json.loads((root / SETTINGS).read_text(encoding="utf-8"))
    families = load_families(root / "data" / "intents")
    kinds = {id: family.kind for id, family in families.items()}
    silent = {family for family, kind in kinds.items() if kind in ("silent", "outside", "clarify")}
    whole, store = open_understanding(root, build)
    ground = Ground(store, whole.index)
    unseen, half_said = ([wordings(root, store, families, name) for name in _files(root, pattern)] for pattern in (UNSEEN, OPENED))
    opened = {plain(text) for file in half_said for text, _ in file} | set(_said(families, "clarify"))
    closed = {plain(text) for text, intent in chain(*unseen) if len(intent.bound("norm")) <= _CLOSED}
    far = _said(families, "outside")[::_FAR_SHOWN]
    known = {name: settings["weights"].get(name, 0.0) for name in FEATURES}  # a new feature has none yet

    def openness_of(index: Index) -> Leaning:
        return _openness(index, opened, closed, kinds)

    def ignorant(texts: Set[str]) -> Understanding:
        index = whole.index.without(texts)
        return whole.over(index, weights=known, leaning=leaning_of(index), openness=openness_of(index))

    rows: list[dict[str, Any]] = []
    found: list[list[Candidate]] = []

    def ask(understanding: Understanding, more: Sequence[dict[str, Any]]) -> None:
        # a list (what does X sign?) can be right too, but the rows do not tell: it takes no part
        found.extend(_judged(candidates_of(understanding, row["question"]), kinds) for row in more)
        rows.extend(more)

    written = [json.loads(line) for line in (root / QUESTIONS).read_text(encoding="utf-8").splitlines() if line.strip()]
    ask(ignorant(set(far)), written + [{"question": text, "norms": []} for text in far])
    for part in range(_PARTS):
        whole_said, half = unseen[part::_PARTS], half_said[part::_PARTS]
        understanding = ignorant({plain(text) for text, _ in chain(*whole_said, *half)})
        ask(understanding, [row for file in whole_said for row in rows_of(file)])
        ask(understanding, [row for file in half for row in rows_of(file, left_open=True)][::_OPEN_SHOWN])
    before = _accuracy(rows, found, silent)
    settings["weights"] = _ranking(rows, found, silent)
    reranked = [rescored(candidates, settings["weights"]) for candidates in found]
    fitted, report = _confidence(rows, reranked, silent)
    settings |= fitted | {"also": _also(rows, reranked, whole, ground), "open": _open(rows, reranked, whole, ground, kinds)}
    settings["note"] = (
        f"由 guizhi fit 在 {QUESTIONS.as_posix()} 和 {UNSEEN}、{OPENED} 的 {len(rows)} 题上拟合；answer 是作答的最低置信度，suggest 是提示“您是否想问”的最低置信度。"
    )
    (root / SETTINGS).write_text(json.dumps(settings, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    leaning_of(whole.index).write(root)
    openness_of(whole.index).write(root, OPENNESS)
    return f"首位正确：拟合前 {before:.3f}，拟合后 {_accuracy(rows, reranked, silent):.3f}（{len(rows)} 题）。{report}"


def rows_of(said: Sequence[tuple[str, Intent]], *, left_open: bool = False) -> list[dict[str, Any]]:
    """Wordings as rows, which tell whether they have ``left_open`` what they are about; of those that the rules do not answer as many as people ask."""
    answered = [(text, [[norm.rsplit("/norm/", 1)[-1]] for norm in i.bound("norm")]) for text, i in said if i.bound("norm")]
    gaps: list[tuple[str, list[list[str]]]] = [(text, []) for text, i in said if i.bound("silence")]
    return [{"question": text, "norms": norms, "open": left_open} for text, norms in answered + gaps[::_GAPS_SHOWN]]


def leaning_of(index: Index) -> Leaning:
    """The direction from the wordings of what is said to those of what is not."""
    from sklearn.linear_model import LogisticRegression

    written = [i for i, e in enumerate(index.entries) if not e.origin and (e.intent.bound("norm") or e.intent.bound("silence"))]
    open_ = np.array([not index.entries[i].intent.bound("norm") for i in written])
    model = LogisticRegression(C=_LEANS, max_iter=1000, class_weight="balanced").fit(index.vectors[written].astype(np.float32), open_)
    return Leaning(np.r_[model.coef_[0], model.intercept_].astype(np.float32))


def _openness(index: Index, opened: Set[str], closed: Set[str], kinds: Mapping[str, str]) -> Leaning:
    """The direction from the wordings that say what they are about (``closed``, and those of families that leave nothing open) to those that do not."""
    from sklearn.linear_model import LogisticRegression

    written = [(i, True) for i, e in enumerate(index.entries) if not e.origin and e.text in opened]
    written += [
        (i, False)
        for i, e in enumerate(index.entries)
        if not e.origin and e.text not in opened and (e.text in closed or kinds[e.intent.family] in _NEVER_OPEN)
    ]
    vectors = index.vectors[[i for i, _ in written]].astype(np.float32)
    model = LogisticRegression(C=_OPENS, max_iter=2000, class_weight="balanced").fit(vectors, [is_open for _, is_open in written])
    return Leaning(np.r_[model.coef_[0], model.intercept_].astype(np.float32))


def candidates_of(understanding: Understanding, question: str) -> list[Candidate]:
    """The candidates of ``question`` as the service finds them."""
    return understanding.understand(understanding.read(normalise(question).text)).candidates


def _judged(candidates: Sequence[Candidate], kinds: Mapping[str, str]) -> list[Candidate]:
    return [
        c for c in candidates if kinds[c.intent.family] in ("norm", "silent", "outside", "clarify") and plausible(c, kinds[c.intent.family])
    ]


def rescored(candidates: Sequence[Candidate], weights: Mapping[str, float]) -> list[Candidate]:
    """The candidates with the scores that ``weights`` give them, best first."""
    from dataclasses import replace

    scored = [replace(c, score=sum(weights[f] * c.features[f] for f in FEATURES)) for c in candidates]
    return sorted(scored, key=lambda c: -c.score)


def right(row: Mapping[str, Any], candidate: Candidate, silent: set[str]) -> bool:
    """Whether ``candidate`` answers ``row``: one of its norms is wanted, or nothing is wanted and it says that the rules are silent."""
    if not row["norms"]:
        return candidate.intent.family in silent
    wanted = {norm for group in row["norms"] for norm in group}
    return any(iri.rsplit("/norm/", 1)[-1] in wanted for iri in candidate.intent.bound("norm"))


def covers(row: Mapping[str, Any], candidate: Candidate) -> bool:
    """Whether ``candidate``, which is right, answers all of ``row``."""
    return all(_names(candidate) & set(group) for group in row["norms"])


def _accuracy(rows: Sequence[Mapping[str, Any]], found: Sequence[Sequence[Candidate]], silent: set[str]) -> float:
    return sum(bool(c) and right(row, c[0], silent) for row, c in zip(rows, found, strict=True)) / len(rows)


def _ranking(rows: Sequence[Mapping[str, Any]], found: Sequence[Sequence[Candidate]], silent: set[str]) -> dict[str, float]:
    from sklearn.linear_model import LogisticRegression

    differences = []
    for row, candidates in zip(rows, found, strict=True):
        some = [c for c in candidates if right(row, c, silent)]
        whole = sorted((c for c in some if covers(row, c)), key=lambda c: len(c.intent.bound("norm")))[:_RIGHT_SHOWN]
        half = [c for c in some if not covers(row, c)][:_RIGHT_SHOWN]
        wrong = [c for c in candidates if not right(row, c, silent)][:_WRONG_SHOWN]
        pairs = product(whole, half + wrong + _long(row, some)) if whole else product(half, wrong)
        differences += [[good.features[f] - bad.features[f] for f in FEATURES] for good, bad in pairs]
    x = np.array(differences)
    spread = x.std(axis=0) + 1e-9
    model = LogisticRegression(fit_intercept=False, C=0.3, max_iter=1000)
    model.fit(np.vstack([x, -x]) / spread, np.r_[np.ones(len(x)), np.zeros(len(x))])
    weights = model.coef_[0] / spread
    weights *= _SPREAD / np.abs(x @ weights).mean()  # so that what counts as a tie (qa.combine) keeps its meaning
    return {name: round(float(w), 4) for name, w in zip(FEATURES, weights, strict=True)}


def _long(row: Mapping[str, Any], candidates: Sequence[Candidate]) -> list[Candidate]:
    """Those of ``candidates`` that answer all of ``row`` but say much more; none where nothing is wanted."""
    most = len({norm for group in row["norms"] for norm in group}) + _MORE
    return [c for c in candidates if row["norms"] and covers(row, c) and len(c.intent.bound("norm")) > most][:_LONG_SHOWN]


def _confidence(rows: Sequence[Mapping[str, Any]], found: Sequence[Sequence[Candidate]], silent: set[str]) -> tuple[dict[str, Any], str]:
    """Coefficients for answering and for refusing, the threshold, and a line that says how they did on questions held out."""
    # as the service asks: a silence that comes second speaks against the answer, one that comes first and is not believed is left out
    answering = [
        (row, [c for c in candidates if candidates[0].intent.family not in silent or c.intent.family not in silent])
        for row, candidates in zip(rows, found, strict=True)
    ]
    refusing = [
        (row, list(candidates)) for row, candidates in zip(rows, found, strict=True) if candidates and candidates[0].intent.family in silent
    ]
    refusal, says_silent, truly_silent = _logistic(refusing, silent)
    skipped = {id(row) for (row, _), p in zip(refusing, says_silent, strict=True) if p >= REFUSE}
    kept = [(row, candidates) for row, candidates in answering if candidates and id(row) not in skipped]
    confidence, sure, right_ = _logistic(kept, silent)
    threshold = WRONG_COSTS / (1 + WRONG_COSTS)
    shown, near = sure >= threshold, np.array([not row["norms"] for row, _ in kept])
    report = (
        f"阈值 {threshold:.2f}（留出检验）：作答 {shown.sum()}，其中错 {(~right_ & shown).sum()}；不可答而答 {(near & shown).sum()}/{sum(not r['norms'] for r in rows)}；"
        f"可答而拒 {(~near & ~shown).sum() + ((says_silent >= REFUSE) & ~truly_silent).sum()}/{sum(bool(r['norms']) for r in rows)}"
    )
    return {
        "confidence": confidence,
        "refusal": refusal,
        "answer": round(threshold, 2),
        "suggest": 0.1,
        "refuse": REFUSE,
        "far": FAR,
        "small_talk": SMALL_TALK,
    }, report


def _also(
    rows: Sequence[Mapping[str, Any]], found: Sequence[Sequence[Candidate]], understanding: Understanding, ground: Ground
) -> dict[str, float]:
    """Coefficients of “this rival has a norm that is wanted and that the first candidate lacks”, and the threshold for saying it."""
    x, y = [], []
    for row, candidates in zip(rows, found, strict=True):
        best = candidates[0] if candidates and candidates[0].intent.bound("norm") else None
        if best is None:
            continue
        reading = understanding.read(normalise(row["question"]).text)
        missing = [group for group in row["norms"] if not _names(best) & set(group)]
        for rival in rivals(candidates):
            x.append(list(also_signals(reading, best, rival, ground).values()))
            y.append(any(_names(rival) & set(group) for group in missing))
    return _regression(np.array(x), np.array(y), ALSO)[0] | {"at": ALSO_AT, "least": ALSO_LEAST, "with": WITH_LEAST}


def _open(
    rows: Sequence[Mapping[str, Any]],
    found: Sequence[Sequence[Candidate]],
    understanding: Understanding,
    ground: Ground,
    kinds: Mapping[str, str],
) -> dict[str, float]:
    """Coefficients of “this question must be asked back, or answered with every case”, with the thresholds for asking back."""
    x, y = [], []
    for row, candidates in zip(rows, found, strict=True):
        meant = [c for c in candidates if kinds[c.intent.family] in ("norm", "silent")]
        if "open" not in row or not meant or (not row["open"] and len(row["norms"]) > _CLOSED):
            continue
        reading = understanding.read(normalise(row["question"]).text)
        if not reading.reference:
            x.append([*open_signals(reading, meant, ground).values()])
            y.append(row["open"])
    return _regression(np.array(x), np.array(y), OPEN)[0] | {
        "at": OPEN_AT,
        "listed": OPEN_LISTED,
        "near": OPEN_NEAR,
        "whole": OPEN_WHOLE,
        "sure": OPEN_SURE,
        "alike": OPEN_ALIKE,
        "certain": OPEN_CERTAIN,
    }


def _files(root: Path, pattern: str) -> list[str]:
    return sorted({path.name for path in (root / "data" / "wordings").glob(f"*/{pattern}")})


def _said(families: Mapping[str, Family], kind: str) -> list[str]:
    """The canonical questions of the families of ``kind`` that are about no rule."""
    return [plain(text) for family in families.values() if family.kind == kind and not family.over for text in family.say]


def _names(candidate: Candidate) -> set[str]:
    return {iri.rsplit("/norm/", 1)[-1] for iri in candidate.intent.bound("norm")}


def _logistic(kept: Sequence[tuple[Mapping[str, Any], Sequence[Candidate]]], silent: set[str]) -> tuple[dict[str, float], Any, Any]:
    """Logistic regression of “the first candidate is right” on its signals: coefficients, held-out probabilities, truth."""
    x = np.array([[signals(candidates)[name] for name in SIGNALS] for _, candidates in kept])
    y = np.array([right(row, candidates[0], silent) for row, candidates in kept])
    return *_regression(x, y, SIGNALS), y


def _regression(x: Any, y: Any, names: Sequence[str]) -> tuple[dict[str, float], Any]:
    """Logistic regression of the truth ``y`` on the columns ``x``: coefficients by name with the bias, and held-out probabilities."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.5, max_iter=1000))
    held_out = cross_val_predict(model, x, y, cv=10, method="predict_proba")[:, 1]
    model.fit(x, y)
    scaler, regression = model[0], model[1]
    coefficients = regression.coef_[0] / scaler.scale_
    bias = float(regression.intercept_[0] - (coefficients * scaler.mean_).sum())
    return {name: round(float(c), 4) for name, c in zip(names, coefficients, strict=True)} | {"bias": round(bias, 4)}, held_out
