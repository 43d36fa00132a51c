"""What the report makes of one cell, for records that a test holds as JSON."""

from adaptstilts.report.cell import intervals, sanity
from adaptstilts.report.cell import page as pages
from adaptstilts.report.cell import table as tables
from adaptstilts.report.cell.columns import columns_of
from adaptstilts.store.records.record import record_of


def typed(record):
    return record_of(record) if isinstance(record, dict) else record


def table(transfer, scores):
    return tables.table(typed(transfer), [*map(typed, scores)])


def page(transfer, scores, *more, **named):
    return pages.page(typed(transfer), [*map(typed, scores)], *more, **named)


def write_page(folder, transfer, scores, *more):
    return pages.write_page(folder, typed(transfer), [*map(typed, scores)], *more)


def checks(attacked):
    return sanity.checks([*map(typed, attacked)])


def cost_intervals(steps, scores, source):
    return intervals.cost_intervals(steps, columns_of([*map(typed, scores)]).attacked, source)
