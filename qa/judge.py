"""One shard against the rules: triples in, results with file and row out. Runs anywhere; it reads no file."""

from __future__ import annotations

from collections.abc import Iterable

from qa.calendar import WorkingDays
from qa.day_facts import day_facts
from qa.rulebook import Rulebook
from qa.shacl import Data, fill
from qa.shacl_models import Fault
from qa.shard_models import Origin, Shard
from qa.terms import CHECK, gz
from qa.validate_models import Result


def judge(shard: Shard, rules: Rulebook, days: WorkingDays, given: Iterable[str], *, first_day_counts: bool) -> list[Result]:
    """What the shapes say about the records that ``shard`` owns, in their order.

    ``given`` are the local names of the classes of which this check has any record, in whichever shard.
    """
    data = shard_data(shard, rules, days, given, first_day_counts=first_day_counts)
    results = {
        _result(fault, shard.owned[fault.focus], rules)
        for constraint in rules.constraints
        for fault in data.faults(constraint)
        if fault.focus in shard.owned
    }
    return sorted(results, key=lambda result: result.order)


def shard_data(shard: Shard, rules: Rulebook, days: WorkingDays, given: Iterable[str], *, first_day_counts: bool) -> Data:
    """The graph that the constraints see: the records, the regulation, the days, and what follows from them."""
    data = Data()
    data.load(rules.facts)
    records = shard.unpacked()
    data.load(records)
    data.load(day_facts(records, days, first_day_counts=first_day_counts))
    truth = '"true"^^<http://www.w3.org/2001/XMLSchema#boolean>'
    data.load("".join(f"<{gz(name)}> <{CHECK}given> {truth} .\n" for name in sorted(given)).encode())
    for query in rules.derive:
        data.extend(query)
    return data


def _result(fault: Fault, origin: Origin, rules: Rulebook) -> Result:
    info = rules.shapes[fault.shape]
    provision = fault.values.get("provision", "")
    concerns = [origin.headers[path] for path in info.concerns if path in origin.headers]
    return Result(
        register=origin.register,
        row=origin.row,
        column="、".join(dict.fromkeys(concerns)),
        id=origin.identifier,
        rule=rules.references.get(provision, ""),
        shape=info.name,
        severity=info.severity,
        message=fault.message,
        remedy=fill(info.remedy, fault.values),
        provision=provision,
        file=origin.file,
        sheet=origin.sheet,
        focus=fault.focus,
        sequence=origin.sequence,
        component=fault.component,
        path=fault.path or "",
    )
