//! Text parsed into the type that the policy gives to a column.

use std::sync::Arc;

use arrow_array::types::{ArrowPrimitiveType, Date32Type, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{ArrayRef, BinaryArray, BooleanArray, PrimitiveArray, StringArray};
use arrow_cast::parse::Parser;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::batch::ColumnType;

/// A column of this type.
///
/// Dates and timestamps are ISO 8601 (`2024-02-29`, `2024-02-29T12:30:00.5`, also with a space), the latter without a
/// time zone and with at most microseconds; binary is base64 with padding (RFC 4648, section 4).
///
/// # Errors
/// The first row whose text is not of the type.
pub(super) fn parse(text: &StringArray, column_type: ColumnType) -> Result<ArrayRef, usize> {
    Ok(match column_type {
        ColumnType::Text => Arc::new(text.clone()),
        ColumnType::Binary => {
            let values = each(text, |value| STANDARD.decode(value).ok())?;
            Arc::new(values.iter().map(Option::as_deref).collect::<BinaryArray>())
        }
        ColumnType::Boolean => Arc::new(BooleanArray::from(each(text, boolean)?)),
        ColumnType::Int64 => primitive::<Int64Type>(text, |value| value.parse().ok())?,
        ColumnType::Float64 => primitive::<Float64Type>(text, |value| value.parse().ok())?,
        ColumnType::Date32 => primitive::<Date32Type>(text, date)?,
        ColumnType::Timestamp => primitive::<TimestampMicrosecondType>(text, timestamp)?,
    })
}

/// Whether a text is one of a value of this type.
pub(crate) fn is_of_type(text: &str, column_type: ColumnType) -> bool {
    match column_type {
        ColumnType::Text => true,
        ColumnType::Binary => STANDARD.decode(text).is_ok(),
        ColumnType::Boolean => boolean(text).is_some(),
        ColumnType::Int64 => text.parse::<i64>().is_ok(),
        ColumnType::Float64 => text.parse::<f64>().is_ok(),
        ColumnType::Date32 => date(text).is_some(),
        ColumnType::Timestamp => timestamp(text).is_some(),
    }
}

fn primitive<T: ArrowPrimitiveType>(
    text: &StringArray,
    parse: impl Fn(&str) -> Option<T::Native>,
) -> Result<ArrayRef, usize> {
    Ok(Arc::new(each(text, parse)?.into_iter().collect::<PrimitiveArray<T>>()))
}

fn each<V>(text: &StringArray, parse: impl Fn(&str) -> Option<V>) -> Result<Vec<Option<V>>, usize> {
    let parsed = text.iter().enumerate().map(|(row, value)| match value {
        None => Ok(None),
        Some(value) => parse(value).map(Some).ok_or(row),
    });
    parsed.collect()
}

fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        return Some(true);
    }
    text.eq_ignore_ascii_case("false").then_some(false)
}

/// Days since 1970-01-01.
fn date(text: &str) -> Option<i32> {
    let form = [4, 2, 2];
    let parts = text.split('-').map(|part| if part.bytes().all(|byte| byte.is_ascii_digit()) { part.len() } else { 0 });
    if parts.eq(form) { Date32Type::parse(text) } else { None }
}

/// Microseconds since 1970-01-01T00:00:00.
fn timestamp(text: &str) -> Option<i64> {
    let (day, time) = text.split_once(['T', ' '])?;
    let days = i64::from(date(day)?);
    let (clock, fraction) = time.split_once('.').map_or((time, None), |(clock, fraction)| (clock, Some(fraction)));
    let mut parts = clock.split(':');
    let hours = digits(parts.next()?, 23)?;
    let minutes = digits(parts.next()?, 59)?;
    let seconds = parts.next().map_or(Some(0), |part| digits(part, 59))?;
    if parts.next().is_some() || (fraction.is_some() && clock.len() != 8) {
        return None;
    }
    let micros = fraction.map_or(Some(0), microseconds)?;
    let clock = hours.checked_mul(3600)?.checked_add(minutes.checked_mul(60)?)?.checked_add(seconds)?;
    days.checked_mul(86_400)?.checked_add(clock)?.checked_mul(1_000_000)?.checked_add(micros)
}

fn digits(text: &str, most: i64) -> Option<i64> {
    let two = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| two && *number <= most)
}

fn microseconds(fraction: &str) -> Option<i64> {
    let fits = (1..=6).contains(&fraction.len()) && fraction.bytes().all(|byte| byte.is_ascii_digit());
    if fits { format!("{fraction:0<6}").parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use arrow_array::cast::AsArray;

    use super::*;

    fn one(text: &str, column_type: ColumnType) -> Result<ArrayRef, usize> {
        parse(&StringArray::from(vec![text]), column_type)
    }

    #[test]
    fn nulls_stay_and_values_get_their_type() {
        let text = StringArray::from(vec![Some("-7"), None, Some("8")]);
        let parsed = parse(&text, ColumnType::Int64).unwrap();
        assert_eq!(parsed.as_primitive::<Int64Type>().iter().collect::<Vec<_>>(), [Some(-7), None, Some(8)]);
        let bytes = one("AP8=", ColumnType::Binary).unwrap();
        assert_eq!(bytes.as_binary::<i32>().value(0), [0, 255]);
        assert!(one("True", ColumnType::Boolean).unwrap().as_boolean().value(0));
    }

    #[test]
    fn the_first_row_that_does_not_parse_is_named() {
        let text = StringArray::from(vec![Some("1"), None, Some("x"), Some("y")]);
        assert_eq!(parse(&text, ColumnType::Int64).unwrap_err(), 2);
    }

    #[test]
    fn dates_are_days_and_timestamps_microseconds() {
        assert_eq!(date("1970-01-02"), Some(1));
        assert_eq!(date("1600-02-29"), Some(-135_081));
        assert_eq!(timestamp("1970-01-01T00:00:00"), Some(0));
        assert_eq!(timestamp("1969-12-31 23:59:59.5"), Some(-500_000));
        assert_eq!(timestamp("1970-01-02T01:02"), Some(90_120_000_000));
        assert_eq!(timestamp("9999-12-31T23:59:59.999999"), Some(253_402_300_799_999_999));
    }

    #[test]
    fn what_is_no_iso_date_or_timestamp_is_refused() {
        for text in ["", "1970-1-2", "2023-02-29", "+1970-01-02", "19700102", "1970-01-02T00:00:00", "197a-01-01"] {
            assert_eq!(date(text), None, "{text}");
        }
        for text in [
            "1970-01-01",
            "1970-01-01T24:00:00",
            "1970-01-01T00:00:60",
            "1970-01-01T00:00:00.",
            "1970-01-01T00:00:00.1234567",
            "1970-01-01T00:00.5",
            "1970-01-01T00:00:00Z",
            "1970-01-01T00:00:00+00:00",
            "1970-01-01T+1:00:00",
        ] {
            assert_eq!(timestamp(text), None, "{text}");
        }
    }
}
