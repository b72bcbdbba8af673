"""A follow-up question → the full question, by the questions before it: “那秘书长呢？”, “纪要呢？”, “多久一次？”."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from qa.asks import Asks
from qa.models import Mention, Reading

_OPENING = re.compile(r"^(那么|那|再问|还有|然后|另外|至于)?(如果是|如果|要是|如|换成|换做|换作|改成)?(,|，)?")
_CLOSING = re.compile(r"(的话)?(呢|又呢|怎么样|怎么办|如何)?[?？!！。]*$")
_SWITCH = re.compile(r"^(那么|那)?(如果|要是)?(换成|换做|换作|改成)(?P<new>[^,，]+?)(的话)?[,，]")
"""A name put in the place of the earlier one, whatever is asked again after it: 换成专题会的话,谁签."""
_AFRESH = re.compile(r"^(换个(事|问题|话题)(儿)?(问|说|讲)?|(另外|再)?问(一?个|点)?别的(事)?)[,，:：]?")
"""What says that the question has nothing to do with those before."""
_TAIL = re.compile(r"(由|归|找|向|给|跟|应当?|要|该|在|是|需要?|一般|多|,|，)+$")
THINGS = ("MeetingType", "DocumentType", "Matter", "Office", "Body", "RelativeRole", "PersonGroup")
WHO = ("Office", "Body", "RelativeRole", "PersonGroup")
_KIND = 2
"""Characters at the end of a name that tell what kind of thing it is."""
_TOO = re.compile("也(?P<deed>可以|能|行|是|算|一样|有|要|得|这样|照样|可)")
_TO = re.compile("(报送|报|送|呈|给|向)(?P<whom>.{2,8}?)的?")
_ADDRESSED = re.compile("(报送|报|送|呈|给)(?P<whom>[^,，。的]{2,8})的")
"""To whom a paper goes, in a follow-up and in the question before it: 给市委的, 报省政府的请示."""
_MAY = ("可以", "能", "行", "可")
_USUALLY = re.compile("(一般|通常|原则上|应当|应|须|要)*(?P<by>由|归|让)$")
"""What stands before who does something, where it is asked whether another may do it too."""
_SAME_ONE = re.compile("也?(是|由|归|得)?(他|它|她|他们|它们|这个人|这家|同一(个|位|家)(人|领导|部门|单位)?)(来|去)?(?=[^，,的们]{1,6}$)")
"""Who does something else too, of whom only that is said: 台账也是它建."""
_HE_TOO = re.compile("也(还)?(是|归|由)(他|它|她)(们)?(管|负责)?$")
"""What asks whether it is the same one: 公平竞争审查也是它."""
_ITS = re.compile("^(那么?|那)?(它|其|他|她)(们)?的")
"""What belongs to the thing that was asked about: 它的纪要."""
_WHETHER = re.compile("(的)?(吗|吧|么|嘛)?[?？]*$")
"""What makes a question of a sentence."""
_WHOM = re.compile("(哪位|哪个|什么)(领导|同志|人|部门|单位|机构)|谁")
_WHAT_THEN = "怎么办"
"""What is asked of a case that is only told: 过期不回呢."""
_BY_WHOM = "由谁"
"""What is asked of a thing after it was asked who does something else."""
_CASE = 2
"""Characters beside a name from which they tell what happens to it."""
_STEM = 4
"""Characters of a name cut short."""
SHORT = 14
"""Characters below which a question may be a follow-up."""
Belongs = Callable[[Mention, Mention], bool]
"""Whether a thing (the first) is said only of meetings, and of the meeting (the second) too: 议题, 纪要."""


def resolve(
    reading: Reading,
    earlier: Sequence[Reading],
    asks: Asks,
    read: Callable[[str], Reading],
    belongs: Belongs | None = None,
    *,
    short: int = SHORT,
) -> str:
    """The text of ``reading`` completed from the last of ``earlier``; unchanged where it stands by itself.

    Only a text of at most ``short`` characters is taken for a follow-up. What ``belongs`` to the meeting asked about before is meant to be that meeting's.
    “那秘书长呢” puts the new name in the place of the earlier one of its kind; “多久一次” takes over what the earlier question was about.
    """
    text = reading.text
    if (afresh := _AFRESH.match(text)) and afresh.end() < len(text):
        return text[afresh.end() :]
    if earlier and (switch := _SWITCH.match(text)):
        new = next(
            (m for m in reading.mentions if m.kind in THINGS and m.start >= switch.start("new") and m.end <= switch.end("new")), None
        )
        if new:
            return _replace(earlier[-1], new, switch["new"], read)
    if not earlier or len(text) > short or reading.reference:
        return text
    last = earlier[-1]
    if pointing := _pointing(reading, last):
        return pointing
    if (same := _HE_TOO.search(_WHETHER.sub("", text))) and same.start():
        reading = read(f"{text[: same.start()]}呢")
        text = reading.text
    if too := _too(reading, last, read):
        return too
    core = _CLOSING.sub("", _OPENING.sub("", text))
    named = [m for m in reading.mentions if m.kind in THINGS]
    whole = not text.rstrip("?？!！。").endswith("呢") or asks(
        core
    )  # 以市政府办公室名义制发呢: what is done there tells no more than which
    asking = bool(reading.aspects - {"what"}) or (whole and any(m.kind == "Action" for m in reading.mentions))
    setting = next((m for m in last.mentions if m.kind == "MeetingType"), None)
    its = setting if belongs and setting and named and all(belongs(m, setting) for m in named) else None
    if named and not asking:
        new = named[0]
        told = asks.topic(last.text)
        if new.kind in WHO and any(m.kind == "Matter" for m in named[1:]) and any(m.kind in WHO for m in read(told).mentions):
            return core + last.text[len(told) :]  # 局长不能参会跟谁请假,副市长出差呢: another person in another case
        if its and not any(m.kind == new.kind for m in last.mentions):  # 专题会由谁主持,纪要呢: nobody presides over minutes
            return f"{its.surface}的{core}{_BY_WHOM if 'who' in last.aspects else _WHAT_THEN}"
        if len(core) - len(new.surface) >= _CASE and new.surface in last.text:
            return core + _WHAT_THEN  # another case of the same: 县长出国谁审签, 县长不能参会呢
        return _replace(last, new, core, read)
    if not asking and (like := _like(last, core)):
        return last.text[: like.start] + core + last.text[like.end :]
    if not named:
        topic = _topic(last, asks)
        what = _WHAT_THEN if not asks(core) and text.rstrip("?？!！。").endswith("呢") else ""
        return topic + core + what if topic else text
    if setting is None or any(m.kind == "MeetingType" for m in named):
        return text
    if its:
        return its.surface + core
    if any(m.kind == "DocumentType" for m in named) or text.startswith(tuple("谁哪")):
        return text
    goes_on = text.startswith("那") or all(m.kind in ("Matter", "PersonGroup") for m in named)
    return setting.surface + core if goes_on else text


def in_full(reading: Reading, last: Reading, read: Callable[[str], Reading]) -> Reading:
    """``reading`` with the name written out of which a short turn says only what tells it from one in the question before it: after 全体会议,
    “常务的呢” is 常务会议. Unchanged where it names something, or no such name is known."""
    stem = _CLOSING.sub("", _OPENING.sub("", reading.text)).removesuffix("的")
    if not 1 < len(stem) <= _STEM or not reading.text.rstrip("?？!！。").endswith("呢") or any(m.kind in THINGS for m in reading.mentions):
        return reading
    for mention in last.mentions:
        for tail in (mention.surface[-2:], mention.surface[-1:]) if mention.kind in THINGS else ():
            full = read(f"那{stem}{tail}呢")
            if any(m.kind == mention.kind and m.end - m.start == len(stem + tail) for m in full.mentions):
                return full
    return reading


def in_context(reading: Reading, last: Reading, asks: Asks) -> str:
    """``reading`` after what the question before it was about: how it is read where by itself it says too little."""
    topic = _topic(last, asks)
    return topic + _OPENING.sub("", reading.text) if topic and topic not in reading.text else reading.text


def _topic(last: Reading, asks: Asks) -> str:
    """What the earlier question was about: its words up to the one that asks and the meeting or document after it, or, where there are none that name
    or do something, the names in it."""
    before = asks.first(last.text)
    named = [m for m in last.mentions if m.kind in THINGS]
    if before < len(last.text) and any(m.end <= before for m in (named or last.mentions)):
        after = "".join(m.surface for m in named if m.start >= before and m.kind in ("MeetingType", "DocumentType"))
        return _TAIL.sub("", last.text[:before]) + after
    return "".join(m.surface for m in named)


def _like(last: Reading, core: str) -> Mention | None:
    """What ``last`` names that ``core`` is another kind of: 合法性审查, 公平竞争审查."""
    return next((m for m in last.mentions if len(core) > _KIND and m.surface[-_KIND:] == core[-_KIND:] and m.surface != core), None)


def _pointing(reading: Reading, last: Reading) -> str | None:
    """``reading`` that only points at who does, or at what was asked about: 那台账也是它建吗 → 台账由谁建, 它的纪要谁签 → 常务会议的纪要谁签; ``None``
    where it does neither."""
    thing = next((m.surface for kinds in (("MeetingType",), THINGS) for m in last.mentions if m.kind in kinds), None)
    if thing and (its := _ITS.match(reading.text)):
        return f"{thing}的{reading.text[its.end() :]}"
    text = _WHETHER.sub("", reading.text)
    return _OPENING.sub("", _SAME_ONE.sub("由谁", text)) if reading.mentions and _SAME_ONE.search(text) else None


def _too(reading: Reading, last: Reading, read: Callable[[str], Reading]) -> str | None:
    """What is asked whether it holds for something else ``too``, of which nothing else is said: 秘书长也可以吗, 专题会议的也一样吗; ``None`` for other
    questions."""
    named = [m for m in reading.mentions if m.kind in THINGS]
    own = any(m.kind == "Action" and not any(m.surface in done.surface for done in last.mentions) for m in reading.mentions)
    if not (may := _TOO.search(reading.text)) or len(named) != 1 or own:  # 媒体也可以列席吗 asks of another deed
        return None
    new = named[0]
    if same := next((m for m in last.mentions if m.kind == new.kind), None):
        return last.text[: same.start] + new.surface + last.text[same.end :]
    if new.kind not in WHO:
        return None
    subject = next(((m.start, m.end) for m in last.mentions if m.kind in WHO), None) or _inside(last, WHO, read)
    if subject and not subject[0]:
        return new.surface + last.text[subject[1] :]
    asked = _WHOM.search(last.text)
    if asked is None:
        return None
    before, after = last.text[: asked.start()], last.text[asked.end() :].rstrip("?？。")
    if may["deed"] in _MAY:  # what is 一般 done by one may be done by another too
        before = _USUALLY.sub(lambda by: f"可以{by['by']}", before)
    return f"{before}{new.surface}{after}吗"


def _replace(last: Reading, new: Mention, core: str, read: Callable[[str], Reading]) -> str:
    to, addressed = _TO.fullmatch(core), _ADDRESSED.search(last.text)
    if to and addressed and new.kind in WHO:
        return last.text[: addressed.start("whom")] + to["whom"] + last.text[addressed.end("whom") :]
    same = next(((m.start, m.end) for m in last.mentions if m.kind == new.kind), None) or _inside(
        last, WHO if new.kind in WHO else (new.kind,), read
    )
    if same is None and new.kind in WHO:
        same = next(((m.start, m.end) for m in last.mentions if m.kind in WHO), None)
    if same is None and new.kind != "Matter":
        same = next(((m.start, m.end) for m in last.mentions if m.kind in THINGS and m.kind != "Matter"), None)
    if same is None:
        setting = next((m.surface for m in last.mentions if m.kind == "MeetingType"), "")
        return setting + core + last.text[max((m.end for m in last.mentions if m.kind in THINGS), default=0) :]
    return last.text[: same[0]] + core + last.text[same[1] :]


def _inside(last: Reading, kinds: Sequence[str], read: Callable[[str], Reading]) -> tuple[int, int] | None:
    """Where in ``last`` a longer name begins with one of ``kinds``: 副市长 in 副市长离市."""
    for mention in last.mentions:
        for length in range(mention.end - mention.start - 1, 1, -1):
            if any(m.kind in kinds and m.start == 0 and m.end == length for m in read(mention.surface[:length]).mentions):
                return mention.start, mention.start + length
    return None
