//! The records of a Parquet file as far as the library that reads them knows them (format 2.11).

use super::thrift::Record;
use super::thrift::Shape::{self, Byte, Flag, List, Number, Real, Text};

const fn record(name: &'static str, fields: &'static [(i16, Shape)]) -> Record {
    Record { name, fields }
}

/// What stands at the end of a file.
pub(super) static FILE: Record = record(
    "table of contents",
    &[
        (1, Number),
        (2, List(&Shape::Record(&ELEMENT))),
        (3, Number),
        (4, List(&Shape::Record(&GROUP))),
        (5, List(&Shape::Record(&PAIR))),
        (6, Text),
        (7, List(&Shape::Record(&ORDER))),
    ],
);

/// A node of the tree of columns.
static ELEMENT: Record = record(
    "column names",
    &[
        (1, Number),
        (2, Number),
        (3, Number),
        (4, Text),
        (5, Number),
        (6, Number),
        (7, Number),
        (8, Number),
        (9, Number),
        (10, Shape::Record(&LOGICAL_TYPE)),
    ],
);

static EMPTY: Record = record("marker", &[]);

static LOGICAL_TYPE: Record = record(
    "column type",
    &[
        (1, Shape::Record(&EMPTY)),
        (2, Shape::Record(&EMPTY)),
        (3, Shape::Record(&EMPTY)),
        (4, Shape::Record(&EMPTY)),
        (5, Shape::Record(&DECIMAL)),
        (6, Shape::Record(&EMPTY)),
        (7, Shape::Record(&TIME)),
        (8, Shape::Record(&TIME)),
        (10, Shape::Record(&INTEGER)),
        (11, Shape::Record(&EMPTY)),
        (12, Shape::Record(&EMPTY)),
        (13, Shape::Record(&EMPTY)),
        (14, Shape::Record(&EMPTY)),
        (15, Shape::Record(&EMPTY)),
        (16, Shape::Record(&VARIANT)),
        (17, Shape::Record(&GEOGRAPHY)),
        (18, Shape::Record(&GEOGRAPHY)),
    ],
);

static DECIMAL: Record = record("decimal type", &[(1, Number), (2, Number)]);
static INTEGER: Record = record("integer type", &[(1, Byte), (2, Flag)]);
static VARIANT: Record = record("variant type", &[(1, Byte)]);
static GEOGRAPHY: Record = record("geography type", &[(1, Text), (2, Number)]);
static TIME: Record = record("time type", &[(1, Flag), (2, Shape::Record(&TIME_UNIT))]);
static TIME_UNIT: Record = record(
    "time unit",
    &[
        (1, Shape::Record(&EMPTY)),
        (2, Shape::Record(&EMPTY)),
        (3, Shape::Record(&EMPTY)),
    ],
);

static PAIR: Record = record("notes", &[(1, Text), (2, Text)]);
static ORDER: Record = record("column order", &[(1, Shape::Record(&EMPTY))]);

static GROUP: Record = record(
    "row group",
    &[
        (1, List(&Shape::Record(&CHUNK))),
        (2, Number),
        (3, Number),
        (4, List(&Shape::Record(&SORTING))),
        (5, Number),
        (6, Number),
        (7, Number),
    ],
);

static SORTING: Record = record("sorting", &[(1, Number), (2, Flag), (3, Flag)]);

static CHUNK: Record = record(
    "column",
    &[
        (1, Text),
        (2, Number),
        (3, Shape::Record(&COLUMN)),
        (4, Number),
        (5, Number),
        (6, Number),
        (7, Number),
    ],
);

static COLUMN: Record = record(
    "column description",
    &[
        (1, Number),
        (2, List(&Number)),
        (3, List(&Text)),
        (4, Number),
        (5, Number),
        (6, Number),
        (7, Number),
        (8, List(&Shape::Record(&PAIR))),
        (9, Number),
        (10, Number),
        (11, Number),
        (12, Shape::Record(&STATISTICS)),
        (13, List(&Shape::Record(&ENCODING))),
        (14, Number),
        (15, Number),
        (16, Shape::Record(&SIZES)),
        (17, Shape::Record(&PLACES)),
    ],
);

static ENCODING: Record = record("encodings", &[(1, Number), (2, Number), (3, Number)]);

static STATISTICS: Record = record(
    "statistics",
    &[
        (1, Text),
        (2, Text),
        (3, Number),
        (4, Number),
        (5, Text),
        (6, Text),
        (7, Flag),
        (8, Flag),
    ],
);

static SIZES: Record = record(
    "size statistics",
    &[(1, Number), (2, List(&Number)), (3, List(&Number))],
);

static PLACES: Record = record(
    "place statistics",
    &[(1, Shape::Record(&BOX)), (2, List(&Number))],
);

static BOX: Record = record(
    "bounding box",
    &[
        (1, Real),
        (2, Real),
        (3, Real),
        (4, Real),
        (5, Real),
        (6, Real),
        (7, Real),
        (8, Real),
    ],
);

/// What stands before the data of a page.
pub(super) static PAGE: Record = record(
    "page",
    &[
        (1, Number),
        (2, Number),
        (3, Number),
        (4, Number),
        (5, Shape::Record(&DATA_PAGE)),
        (6, Shape::Record(&EMPTY)),
        (7, Shape::Record(&DICTIONARY)),
        (8, Shape::Record(&DATA_PAGE_2)),
    ],
);

static DATA_PAGE: Record = record(
    "data page",
    &[
        (1, Number),
        (2, Number),
        (3, Number),
        (4, Number),
        (5, Shape::Record(&STATISTICS)),
    ],
);

static DICTIONARY: Record = record("dictionary", &[(1, Number), (2, Number), (3, Flag)]);

static DATA_PAGE_2: Record = record(
    "data page 2",
    &[
        (1, Number),
        (2, Number),
        (3, Number),
        (4, Number),
        (5, Number),
        (6, Number),
        (7, Flag),
        (8, Shape::Record(&STATISTICS)),
    ],
);
