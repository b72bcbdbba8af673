"""What the language stages need, made at build time: a trimmed word list for jieba, the domain's words, and the sound of each character."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import jieba
import yaml

from qa.link import Label, Linker
from qa.models import Row
from qa.store import Store
from qa.typos import Speller

DICTIONARY = "dictionary.txt"
SOUNDS = "sounds.json"
_RARE = 0.02
"""Share of the phrases with a character up to which a way to say it is so rare that nobody mistakes another for it."""
_MIN_FREQUENCY = 20
"""Words of jieba's dictionary rarer than this are left out: they cost loading time and hardly ever occur in questions."""


def build_lexicon(texts: Sequence[str], target: Path, names: Iterable[str] = ()) -> None:
    """Write the trimmed dictionary and the sounds to ``target``; ``texts`` are the domain's texts, whose words the speller knows, and ``names`` what
    it knows as one word however it is cut."""
    lines = (Path(jieba.__file__).with_name("dict.txt")).read_text(encoding="utf-8").splitlines()
    entries = [line.split() for line in lines]
    kept = [e for e in entries if int(e[1]) >= _MIN_FREQUENCY]
    (target / DICTIONARY).write_text("".join(f"{w} {n}\n" for w, n, *_ in kept), encoding="utf-8")
    jieba.setLogLevel("WARNING")  # its own progress is in English, and of no use
    tokenizer = jieba.Tokenizer(dictionary=str(Path(jieba.__file__).with_name("dict.txt")))
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(w for w in tokenizer.cut(text, HMM=False) if _spells(w))
    joined = "\n".join(texts)
    # a name of two characters is no mistake, but too short to be what other characters are mistaken for: 顶着, 盯着
    counts.update({name: joined.count(name) * (len(name) > 2) for name in sorted(set(names)) if _spells(name) and name not in counts})
    characters = sorted({c for w, *_ in kept for c in w if "一" <= c <= "鿿"})
    content = {"words": dict(sorted(counts.items())), "sounds": _sounds(characters)}
    (target / SOUNDS).write_text(json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")), encoding="utf-8")


def _sounds(characters: Sequence[str]) -> dict[str, list[str]]:
    """The pinyin of each of ``characters``, without those that hardly a word has: by its rarest 还 would sound like 不."""
    from pypinyin import Style, pinyin  # only the build needs it
    from pypinyin.contrib.tone_convert import to_normal
    from pypinyin.phrases_dict import phrases_dict

    heard: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for phrase, syllables in phrases_dict.items():
        for character, syllable in zip(phrase, syllables, strict=False):  # some have a comma that is not sounded
            heard[character][to_normal(syllable[0])] += 1
    every = {c: pinyin(c, style=Style.NORMAL, heteronym=True)[0] for c in characters}
    return {c: [s for s in sounds if s == sounds[0] or heard[c][s] > _RARE * heard[c].total()] for c, sounds in every.items()}


def _spells(word: str) -> bool:
    return 2 <= len(word) <= 4 and all("一" <= c <= "鿿" for c in word)


def open_linker(store: Store, dictionary: Path, intents: Path) -> Linker:
    """The linker over the labels of ``store``, with the cues, stop words and glossary of the folder ``intents``."""
    return Linker(
        [Label(str(r["surface"]), str(r["entity"]), str(r["kind"])) for r in labels(store, intents)],
        dictionary=dictionary,
        cues=yaml.safe_load((intents / "cues.yaml").read_text(encoding="utf-8")),
        stopwords=(intents / "stopwords.txt").read_text(encoding="utf-8").split(),
        classes=_classes(_rows(store, intents / "alike.rq")),
        glossary=_glossary(_rows(store, intents / "foreign.rq"), intents / "glossary.yaml"),
    )


def open_speller(folder: Path, linker: Linker) -> Speller:
    """The speller over the sounds that ``build_lexicon`` wrote to ``folder``."""
    content = json.loads((folder / SOUNDS).read_text(encoding="utf-8"))
    return Speller(content["words"], content["sounds"], linker.frequency, linker.cut)


def labels(store: Store, intents: Path) -> list[dict[str, object]]:
    """Every ``surface`` that names an ``entity``, with its ``kind``, by the query in the folder ``intents``."""
    return _rows(store, intents / "labels.rq")


def _rows(store: Store, query: Path) -> list[dict[str, object]]:
    rows: list[Row] = list(store.select(query.read_text(encoding="utf-8")))
    return [dict(row) for row in rows]


def _classes(rows: Iterable[dict[str, object]]) -> dict[str, str]:
    """One entity for each set of near-synonyms: the first by IRI."""
    groups: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        group = groups[str(row["entity"])] | groups[str(row["same"])] | {str(row["entity"]), str(row["same"])}
        for entity in group:
            groups[entity] = group
    return {entity: min(group) for entity, group in groups.items()}


def _glossary(rows: Iterable[dict[str, object]], path: Path) -> dict[str, str]:
    graph = {str(row["foreign"]).lower(): str(row["name"]) for row in rows}
    own: dict[str, str] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return graph | own
