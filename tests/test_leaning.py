"""How a question leans towards what rules leave open."""

from __future__ import annotations

from pathlib import Path

import asking
import numpy as np
import pytest

from qa.encoder import open_encoder
from qa.index import MODEL
from qa.leaning import LEANING, OPENNESS, Leaning


def test_the_log_odds_of_a_vector() -> None:
    leaning = Leaning(np.array([2, -1, 0.5], np.float32))
    assert leaning(np.array([1, 0], np.float32)) == pytest.approx(2.5)
    assert leaning(np.array([0, 1], np.float32)) == pytest.approx(-0.5)


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / LEANING).parent.mkdir(parents=True)
    Leaning(np.array([2, -1, 0.5], np.float32)).write(tmp_path)
    assert Leaning.read(tmp_path)(np.array([1, 0], np.float32)) == pytest.approx(2.5)


def test_without_a_direction_nothing_leans(tmp_path: Path) -> None:
    assert Leaning.read(tmp_path)(np.array([1, 0], np.float32)) == 0.0


def test_what_no_rule_says_sounds_unlike_what_rules_say() -> None:
    """On words about things that no regulation here is about: the way of asking, not the topic, tells."""
    leaning = Leaning.read(asking.ROOT)
    encoder = open_encoder(model_dir=asking.artefacts() / MODEL)
    left_open = ("食堂换菜谱要填什么表，表在哪儿下载", "游泳池迟开门要罚多少钱", "图书馆的书弄丢了，赔偿按几倍算")
    said = ("食堂由谁管理", "游泳池应当怎样开放", "图书馆的书由谁采购")
    open_, said_ = ([leaning(v) for v in encoder.encode(list(questions))] for questions in (left_open, said))
    assert min(open_) > max(said_)


def test_what_leaves_open_what_it_is_about_sounds_so() -> None:
    openness = Leaning.read(asking.ROOT, OPENNESS)
    encoder = open_encoder(model_dir=asking.artefacts() / MODEL)
    half_said = ("那个要交给谁", "这种情形要几天", "开会谁来记")
    said = ("食堂的采购合同由食堂管理员保管几年", "游泳池救生员的资格证由体育局审核吗", "图书馆丢失的善本由谁负责追回")
    open_, said_ = ([openness(v) for v in encoder.encode(list(questions))] for questions in (half_said, said))
    assert min(open_) > max(said_)
