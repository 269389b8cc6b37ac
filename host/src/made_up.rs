//! Columns that are no one's and that break code which thinks of ordinary values.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray,
    new_empty_array, new_null_array,
};

use crate::batch::ColumnType;

/// How many rows a column of different values has.
const DISTINCT: usize = 500;
/// How many of [`columns`] have no values at the edge of a type.
const ORDINARY_COLUMNS: usize = 5;
/// As long as no value of a table is, in bytes.
const LONG: usize = 64 << 10;

/// A made-up column.
#[derive(Clone)]
pub(crate) struct MadeUp {
    /// What it is of, as reports call it.
    pub(crate) name: String,
    /// Its values.
    pub(crate) array: ArrayRef,
}

impl MadeUp {
    /// A column of this name.
    pub(crate) fn new(name: &str, array: ArrayRef) -> Self {
        Self { name: name.to_owned(), array }
    }
}

/// Every column that a transform of this type is tried on.
pub(crate) fn columns(column_type: ColumnType) -> Vec<MadeUp> {
    let mut columns = vec![
        MadeUp::new("empty", new_empty_array(&column_type.arrow())),
        MadeUp::new("all null", new_null_array(&column_type.arrow(), 5)),
        MadeUp::new("one row", distinct(column_type, 1)),
        MadeUp::new("distinct", distinct(column_type, DISTINCT)),
        MadeUp::new("skewed duplicates", skewed(column_type)),
    ];
    if column_type == ColumnType::Text {
        columns.extend(TEXTS.iter().map(|(name, values)| MadeUp::new(name, text(values.iter().copied()))));
        let (plain, accented) = ("long ago ".repeat(LONG / 9), "é".repeat(LONG / 2));
        columns.push(MadeUp::new("long values", text([plain.as_str(), "short", &accented])));
    } else {
        columns.push(MadeUp::new("edges", edges(column_type)));
    }
    columns
}

/// The values at the edge of a type as one column, again and again, with a null behind each kind of them.
pub(crate) fn edges_of(column_type: ColumnType, rows: usize) -> ArrayRef {
    let columns = columns(column_type).into_iter().skip(ORDINARY_COLUMNS).map(|column| column.array);
    let columns: Vec<_> = columns.collect();
    let all = arrow_select::concat::concat(&columns.iter().map(|array| array.as_ref()).collect::<Vec<_>>());
    let all = all.unwrap_or_else(|_| new_null_array(&column_type.arrow(), rows));
    let numbers = (0..).take(all.len()).cycle().take(rows);
    arrow_select::take::take(&all, &arrow_array::UInt32Array::from_iter_values(numbers), None).unwrap_or(all)
}

/// So many ordinary values, different as far as the type has so many, of the kinds that transforms look for.
pub(crate) fn distinct(column_type: ColumnType, rows: usize) -> ArrayRef {
    of_numbers(column_type, (0..rows).map(|row| i64::try_from(row).unwrap_or(i64::MAX)))
}

/// So many texts as people write them, of a few hundred bytes, with ordinary values in them.
pub(crate) fn notes(rows: usize) -> ArrayRef {
    let note = |row: usize| {
        let first = i64::try_from(row).unwrap_or(i64::MAX).wrapping_mul(6);
        let [name, date, zip, record, number, mail] = [0, 1, 2, 3, 4, 5].map(|kind| ordinary(first.wrapping_add(kind)));
        format!(
            "Seen on {date}: {name} came in with a cough of three days, no fever. BP 120/80, temp 98.6. Lives \
             near {zip}, record {record}, number {number}.\nPlan: rest and fluids, back in two weeks; write to {mail} \
             with questions."
        )
    };
    Arc::new((0..rows).map(|row| Some(note(row))).collect::<StringArray>())
}

/// Few values make up most of the rows, and every eleventh is null.
fn skewed(column_type: ColumnType) -> ArrayRef {
    let ranks = (0..DISTINCT).map(|row| i64::try_from((row % 29).saturating_mul(row % 3)).unwrap_or(0));
    let column = of_numbers(column_type, ranks);
    let rows: arrow_array::UInt32Array = (0_u32..).take(DISTINCT).map(|row| (row % 11 != 10).then_some(row)).collect();
    arrow_select::take::take(&column, &rows, None).unwrap_or(column)
}

/// A value for each number.
fn of_numbers(column_type: ColumnType, numbers: impl Iterator<Item = i64>) -> ArrayRef {
    let day = |number: i64| i32::try_from(number.wrapping_mul(37) % 20_000).unwrap_or(0);
    match column_type {
        ColumnType::Text => Arc::new(numbers.map(|number| Some(ordinary(number))).collect::<StringArray>()),
        ColumnType::Binary => Arc::new(numbers.map(|number| Some(number.to_be_bytes())).collect::<BinaryArray>()),
        ColumnType::Int64 => Arc::new(numbers.map(integer).collect::<Int64Array>()),
        #[expect(clippy::cast_precision_loss, reason = "made-up numbers are small")]
        ColumnType::Float64 => Arc::new(numbers.map(|number| Some(number as f64 / 4.0)).collect::<Float64Array>()),
        ColumnType::Boolean => Arc::new(numbers.map(|number| Some(number % 2 == 0)).collect::<BooleanArray>()),
        ColumnType::Date32 => Arc::new(numbers.map(|number| Some(day(number))).collect::<Date32Array>()),
        ColumnType::Timestamp => {
            let instants = numbers.map(|number| Some(number.wrapping_mul(86_400_000_321)));
            Arc::new(instants.collect::<TimestampMicrosecondArray>())
        }
    }
}

/// Ages, postal codes and record numbers.
fn integer(number: i64) -> Option<i64> {
    Some(match number % 3 {
        0 => number,
        1 => number.wrapping_mul(97).wrapping_add(10_000),
        _ => number.wrapping_mul(7_919).wrapping_add(100_000_007),
    })
}

/// Names, dates, postal codes, record numbers, security numbers, addresses of mail.
fn ordinary(number: i64) -> String {
    let digits = number.wrapping_mul(7_919).wrapping_add(100_000_007);
    let (group, month, day) = (number % 90, number % 12, number % 28);
    match number % 6 {
        0 => format!("Person {}", letters(number)),
        1 => format!("{:04}-{:02}-{:02}", group.wrapping_add(1930), month.wrapping_add(1), day.wrapping_add(1)),
        2 => format!("{:05}", number.wrapping_mul(97).wrapping_add(1_001) % 100_000),
        3 => format!("{digits:09}"),
        4 => format!("{:03}-{:02}-{:04}", number % 900, group.wrapping_add(10), digits % 10_000),
        _ => format!("{}@example.org", letters(digits)),
    }
}

/// A number as letters.
fn letters(number: i64) -> String {
    number.to_string().bytes().map(|digit| char::from(digit.wrapping_add(b'a'.wrapping_sub(b'0')))).collect()
}

fn edges(column_type: ColumnType) -> ArrayRef {
    let integers = [0, -1, 7, 1_000_000_007, i64::MAX, i64::MIN].map(Some).into_iter().chain([None]);
    match column_type {
        ColumnType::Binary => {
            Arc::new([Some(&b""[..]), Some(&[0]), Some(&[0xff, 0xfe]), None].into_iter().collect::<BinaryArray>())
        }
        ColumnType::Float64 => Arc::new(FLOATS.iter().copied().map(Some).chain([None]).collect::<Float64Array>()),
        ColumnType::Boolean => Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])),
        ColumnType::Date32 => {
            let days = [0, -1, 11_016, -719_162, i32::MIN, i32::MAX].map(Some).into_iter().chain([None]);
            Arc::new(days.collect::<Date32Array>())
        }
        ColumnType::Timestamp => Arc::new(integers.collect::<TimestampMicrosecondArray>()),
        ColumnType::Int64 | ColumnType::Text => Arc::new(integers.collect::<Int64Array>()),
    }
}

const FLOATS: [f64; 9] =
    [0.0, -0.0, 1.5, -1e-300, f64::MAX, f64::MIN_POSITIVE, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];

/// Each value, and a null at the end.
fn text<'a>(values: impl IntoIterator<Item = &'a str>) -> ArrayRef {
    Arc::new(values.into_iter().map(Some).chain([None]).collect::<StringArray>())
}

const TEXTS: [(&str, &[&str]); 9] = [
    ("non-ASCII", &["Zoë Kravitz", "Søren Ångström", "王小明", "İstanbul ß ﬁ", "Ελλάδα", "👩‍👩‍👧‍👦", "\u{fffd}\u{10ffff}"]),
    (
        "combining characters",
        &["Z\u{308}oe\u{301}", "\u{301}", "a\u{300}\u{301}\u{302}\u{303}", "e\u{301}", "é", "क्षि"],
    ),
    ("right-to-left", &["עברית", "محمد علي", "\u{202e}txt.exe\u{202c}", "abc עברית 123"]),
    (
        "zero-width characters",
        &["1\u{200b}23-45-6789", "Ada\u{200d}", "\u{200b}", "\u{2060}a\u{ad}b", "e\u{fe0f}\u{feff}", "0\u{200c}2139"],
    ),
    (
        "control characters",
        &["", " ", "\t\r\n", "\u{0}", "a\u{0}b", "\u{feff}BOM", "\u{7f}\u{85}", "line\nbreak\r\n", "\u{1b}[31m"],
    ),
    (
        "numbers as text",
        &["0", "-1", "+5", "007", "02139", "3.14", "1e400", "1,234", "٣٤٥", "NaN", "9223372036854775808"],
    ),
    (
        "dates in many spellings",
        &[
            "1980-02-29",
            "1980-02-30",
            "19800229",
            "02/29/1980",
            "29.02.1980",
            "29 Feb 1980",
            "Feb 29, 1980",
            "1980-02-29T10:00:00",
            "1980-02-29 10:00",
            "9999-12-31T23:59:60Z",
            "1980-W09-5",
            "80-2-29",
        ],
    ),
    ("identifiers", &["123-45-6789", "4111 1111 1111 1111", "MRN 0042-A", "+1 (617) 555-0123", "O'Brien-Smith, Jr."]),
    ("other notations", &["NULL", "=1+1", "\"},{\"a\":[1]", "<b>x</b>", "../../x", "'; DROP TABLE x; --", "%s%n"]),
];
