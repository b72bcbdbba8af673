"""What goes over the wire at ``/api``: the types of the OpenAPI document. This module imports no stage."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

MAX_HISTORY: Final = 20
MAX_PAGE: Final = 200
_EXAMPLE: Final = "谁签发人事任免公文？"


class Question(BaseModel):
    """一个问题。"""

    question: Annotated[str, Field(description="中文问题，不超过 500 字；更长的会得到说明，而不是错误", examples=[_EXAMPLE])]
    history: Annotated[list[str], Field(description="同一次对话中先前的问题，最早的在前", max_length=MAX_HISTORY)] = []
    explain: Annotated[bool, Field(description="是否说明问题是怎样理解的（结果中的 trace）")] = False
    id: Annotated[str | int | None, Field(description="原样带回的编号")] = None


class Cited(BaseModel):
    """支持答案的条文。"""

    ref: Annotated[str, Field(description="简短编号，31.3 是第三十一条（三）", examples=["31.3"])]
    label: Annotated[str, Field(description="条文中的编号", examples=["第三十一条（三）"])]
    quote: Annotated[str, Field(description="逐字原文")]
    iri: str


class Answered(BaseModel):
    """对一个问题的回答。"""

    id: Annotated[str | int | None, Field(description="请求中给出的编号；没有给出时缺省")] = None
    status: Annotated[str, Field(description="answered 已回答；clarify 反问；no_answer 不回答", pattern="^(answered|clarify|no_answer)$")]
    answer: Annotated[str, Field(description="简短的回答、反问，或者不回答的原因")]
    citations: list[Cited]
    sparql: Annotated[str, Field(description="得出答案的 SPARQL 查询；没有运行查询时为空")]
    confidence: Annotated[float, Field(ge=0, le=1, description="状态和内容都正确的估计概率")]
    elapsed_ms: Annotated[float, Field(ge=0, description="用时，毫秒")]
    suggestions: Annotated[list[str], Field(description="可以接着问的问题，或者反问时的各种选择")]
    refusal: Annotated[
        str | None, Field(description="不回答的种类", pattern="^(silent|not_understood|outside|bad_input)$", examples=["silent"])
    ] = None
    trace: Annotated[dict[str, Any] | None, Field(description="问题是怎样理解的")] = None


class Named(BaseModel):
    """一个事物及其中文名称。"""

    iri: str
    label: str


class Filled(BaseModel):
    """规范的一个成分。"""

    name: Annotated[str, Field(description="属性名", examples=["bearer"])]
    label: Annotated[str, Field(description="中文名", examples=["责任主体"])]
    values: list[Named]


class NormRecord(BaseModel):
    """一项规范：谁、做什么、对什么、在什么条件下。"""

    iri: str
    kind: Annotated[Named, Field(description="种类，例如义务、职权、禁止")]
    strength: Annotated[str, Field(description="约束程度的中文名，例如“原则上”")]
    reading: Annotated[str, Field(description="可以独立理解的一句话")]
    quote: Annotated[str, Field(description="逐字原文")]
    label: Annotated[str, Field(description="所在条文的编号", examples=["第三十一条（三）"])]
    slots: list[Filled]


class PartRecord(BaseModel):
    """一章、条、款或者项的名称。"""

    iri: str
    ref: str
    label: str
    path: Annotated[str, Field(examples=["art/31/item/3"])]


class ProvisionRecord(PartRecord):
    """一章、条、款或者项，及其规范。"""

    title: Annotated[str, Field(description="章名；其他为空")]
    text: Annotated[str, Field(description="条文")]
    number: int
    article: Annotated[str | None, Field(description="所在的条；章没有")]
    parts: Annotated[list[PartRecord], Field(description="其下的条、款、项")]
    norms: list[NormRecord]


class NormFilter(BaseModel):
    """选取规范的条件；一并成立。事物写中文名称（市长）、IRI 或者 IRI 的末段（office/mayor）。"""

    model_config = ConfigDict(extra="forbid")

    kind: Annotated[str | None, Field(description="种类：义务、禁止、职权……，或者 Obligation、Prohibition、Competence……")] = None
    bearer: Annotated[str | None, Field(description="责任主体", examples=["市长"])] = None
    action: Annotated[str | None, Field(description="行为", examples=["签发"])] = None
    object: Annotated[str | None, Field(description="对象")] = None
    recipient: Annotated[str | None, Field(description="向谁、报给谁")] = None
    counterparty: Annotated[str | None, Field(description="会同谁")] = None
    via: Annotated[str | None, Field(description="经过谁")] = None
    meeting: Annotated[str | None, Field(description="会议")] = None
    member: Annotated[str | None, Field(description="组成人员")] = None
    delegate: Annotated[str | None, Field(description="受委托、授权的人")] = None
    supervisor: Annotated[str | None, Field(description="监督者")] = None
    strength: Annotated[str | None, Field(description="约束程度：原则上、一般……")] = None
    provision: Annotated[str | None, Field(description="所在的章、条、款、项：31、31.3、41/para/3、chap/5", examples=["31"])] = None
    has: Annotated[
        str | None, Field(description="有这种成分：deadline 时限、exception 例外、condition 条件……", pattern="^[A-Za-z]{1,30}$")
    ] = None
    text: Annotated[str | None, Field(description="读法或者原文中出现的词", max_length=100)] = None
    offset: Annotated[int, Field(ge=0, le=10_000_000, description="跳过多少项")] = 0
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE, description="至多多少项")] = 50


class NormPage(BaseModel):
    """一页规范，按条文的次序。"""

    total: Annotated[int, Field(ge=0, description="符合条件的规范总数")]
    offset: Annotated[int, Field(ge=0)]
    limit: Annotated[int, Field(ge=1)]
    norms: list[NormRecord]


class Health(BaseModel):
    """服务的状况。"""

    status: Annotated[str, Field(pattern="^ok$")]
    version: str
    regulation: Annotated[str, Field(description="规则的名称")]
    articles: Annotated[int, Field(ge=0)]
    quads: Annotated[int, Field(ge=0, description="图谱中的语句数")]
    uptime_s: Annotated[float, Field(ge=0, description="已运行的秒数")]


class ProblemDocument(BaseModel):
    """错误（RFC 9457）。"""

    type: Annotated[str, Field(examples=["about:blank"])]
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    detail: Annotated[str, Field(description="一句话：哪里有误，怎样改正")]
    instance: Annotated[str | None, Field(description="服务内部出错时，日志中同一次错误的编号")] = None


class QueryResult(BaseModel):
    """SPARQL 查询的结果：SELECT 得到 variables 和 rows，ASK 得到 boolean，CONSTRUCT 和 DESCRIBE 得到 turtle。"""

    variables: list[str] = []
    rows: Annotated[list[list[str | None]], Field(description="各行的值，次序同 variables；没有值的是 null")] = []
    boolean: bool | None = None
    turtle: str | None = None
    truncated: Annotated[bool, Field(description="是否还有更多的行没有给出")] = False


class CheckedRecord(BaseModel):
    """核对了什么。"""

    files: list[str]
    records: Annotated[dict[str, int], Field(description="各登记簿的记录数")]
    shapes: Annotated[int, Field(description="用到的核对规则数")]
    regulation: str
    calendar_years: Annotated[list[int], Field(description="工作日历的首尾年份")]
    first_day_counts: bool
    undetermined: Annotated[int, Field(description="因登记不全而不能判断的处数")]


class FindingRecord(BaseModel):
    """一行登记不合一条规定之处。"""

    register_: Annotated[str, Field(alias="register", description="登记簿")]
    row: Annotated[int, Field(description="表格软件里的行号；不是表格时为 0")]
    column: str
    id: Annotated[str, Field(description="记录的编号")]
    rule: Annotated[str, Field(description="条文编号，例如 31.3")]
    shape: str
    severity: Annotated[str, Field(description="Violation 违反；Warning 不合一般要求；Info 提示；Undetermined 不能判断")]
    message: str
    remedy: Annotated[str, Field(description="怎么办")]
    file: str
    sheet: str
    provision: Annotated[str, Field(description="条文的 IRI")]


class UnreadRecord(BaseModel):
    """没有读懂的工作表、行或者单元格。"""

    register_: Annotated[str, Field(alias="register")]
    file: str
    sheet: str
    row: int
    column: str
    text: str
    expected: str


class ValidationRecord(BaseModel):
    """核对的结果。"""

    conforms: Annotated[bool, Field(description="没有违反任何一条（不论程度）")]
    checked: CheckedRecord
    results: list[FindingRecord]
    unread: list[UnreadRecord]
    notes: list[UnreadRecord]
