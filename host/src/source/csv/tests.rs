use arrow_array::cast::AsArray;
use arrow_schema::DataType;
use proptest::prelude::*;

use super::*;
use crate::batch::ColumnType;

/// Fields as texts and nulls, and the line of each row.
#[derive(Debug, PartialEq)]
struct Table {
    names: Vec<String>,
    rows: Vec<Vec<Option<String>>>,
    lines: Vec<u64>,
}

fn batches(bytes: &[u8], block: usize, types: &Types) -> Result<(SchemaRef, Vec<Batch>), Error> {
    let limits = Limits { block, record: 1 << 20 };
    let mut source = CsvSource::open(Input::of_bytes(bytes), limits, b',', types)?;
    let mut batches = Vec::new();
    while let Some(chunk) = source.next()? {
        batches.push(chunk.decode()?);
    }
    Ok((source.schema_hint().unwrap(), batches))
}

fn read_by(bytes: &[u8], block: usize) -> Result<Table, Error> {
    let (schema, batches) = batches(bytes, block, &Types::new())?;
    let names = schema.fields().iter().map(|field| field.name().clone()).collect();
    let mut table = Table { names, rows: Vec::new(), lines: Vec::new() };
    for batch in &batches {
        assert_eq!(batch.columns().schema(), schema);
        assert_eq!(batch.place().first_row, table.rows.len() as u64 + 1);
        assert!(batch.rows() > 0, "a batch without rows");
        table.lines.extend(batch.place().lines.iter().flatten());
        for row in 0..batch.rows() {
            let field = |column: &arrow_array::ArrayRef| {
                let text = column.as_string::<i32>();
                arrow_array::Array::is_valid(text, row).then(|| text.value(row).to_owned())
            };
            table.rows.push(batch.columns().columns().iter().map(field).collect());
        }
    }
    Ok(table)
}

fn read(text: &str) -> Table {
    read_by(text.as_bytes(), 1 << 20).unwrap()
}

fn rows(text: &str) -> Vec<Vec<Option<String>>> {
    read(text).rows
}

fn some(fields: &[&str]) -> Vec<Option<String>> {
    fields.iter().map(|field| Some((*field).to_owned())).collect()
}

fn refusal(bytes: &[u8]) -> DataError {
    match read_by(bytes, 1 << 20) {
        Err(Error::Data(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_empty_field_is_null_and_a_quoted_empty_one_is_empty() {
    assert_eq!(rows("a,b,c\n,\"\",x\n"), [[None, Some(String::new()), Some("x".to_owned())]]);
}

#[test]
fn quotes_enclose_delimiters_line_ends_and_doubled_quotes() {
    assert_eq!(rows("a,b\n\"x,\"\"y\"\"\",\"1\r\n2\"\n"), [some(&["x,\"y\"", "1\r\n2"])]);
}

#[test]
fn a_quote_inside_an_unquoted_field_is_a_character() {
    assert_eq!(rows("a,b\n5\" x, \"y\"\n"), [some(&["5\" x", " \"y\""])]);
}

#[test]
fn lines_end_with_or_without_a_carriage_return_and_the_last_one_at_the_end() {
    assert_eq!(rows("a,b\r\n1,2\r\n3,4\n5,6"), [some(&["1", "2"]), some(&["3", "4"]), some(&["5", "6"])]);
}

#[test]
fn the_line_of_each_row_counts_blank_lines_and_lines_in_quotes() {
    let table = read("a,\"b\nb\"\n\n1,\"x\ny\"\r\n\r\n2,3\n");
    assert_eq!(table.names, ["a", "b\nb"]);
    assert_eq!(table.lines, [4, 7]);
}

#[test]
fn a_blank_line_is_a_null_row_in_a_table_of_one_column_only() {
    assert_eq!(rows("a,b\n\n1,2\n\n"), [some(&["1", "2"])]);
    assert_eq!(rows("a\n\n1\n\"\"\n"), [[None], [Some("1".to_owned())], [Some(String::new())]]);
}

#[test]
fn a_byte_order_mark_is_skipped() {
    assert_eq!(read("\u{feff}a,b\n1,2\n").names, ["a", "b"]);
    assert!(matches!(refusal(b"\xff\xfea\0").problem, DataProblem::Utf16));
    assert!(matches!(refusal(b"\xfe\xff\0a").problem, DataProblem::Utf16));
}

#[test]
fn a_header_without_rows_still_has_columns() {
    for text in ["a,b", "a,b\n", "a,b\r\n\n"] {
        assert_eq!(read(text), Table { names: vec!["a".to_owned(), "b".to_owned()], rows: vec![], lines: vec![] });
    }
}

#[test]
fn an_empty_file_is_refused() {
    assert!(matches!(refusal(b"").problem, DataProblem::Empty));
    assert!(matches!(refusal(b"\xef\xbb\xbf").problem, DataProblem::Empty));
}

#[test]
fn rejects_a_row_of_another_length_with_its_line() {
    for (text, found) in [("a,b\n\"1\n\",2\n3\n", 1), ("a,b\n\"1\n\",2\n3,4,5,6\n", 4)] {
        let refusal = refusal(text.as_bytes());
        assert_eq!(refusal.place.line, Some(4));
        assert!(matches!(refusal.problem, DataProblem::Ragged { expected: 2, found: here } if here == found));
    }
}

#[test]
fn rejects_text_after_a_closing_quote_with_line_and_column() {
    for text in ["a,b\n1,\"x\"y\n", "a,b\n1,\"x\" \n", "a,b\n1,\"x\"\"\"y\n", "a,b\n1,\"x\"\r"] {
        let refusal = refusal(text.as_bytes());
        assert_eq!((refusal.place.line, refusal.place.column.as_deref()), (Some(2), Some("b")), "{text:?}");
        assert!(matches!(refusal.problem, DataProblem::TextAfterQuote), "{text:?}");
    }
}

#[test]
fn an_unclosed_quote_is_reported_where_it_opens() {
    for text in ["a,b\n1,2\n3,\"x\n4,5\n", "a,b\n\"1\",2\n3,\"", "a,b\n1,2\n3,\"x\"\"\n"] {
        let refusal = refusal(text.as_bytes());
        assert_eq!(refusal.place.line, Some(3), "{text:?}");
        assert!(matches!(refusal.problem, DataProblem::UnclosedQuote), "{text:?}");
    }
    assert_eq!(refusal(b"\"a,b\n1,2\n").place.line, Some(1));
}

#[test]
fn rejects_a_carriage_return_that_ends_no_line() {
    for text in ["a,b\n1,x\ry\n", "a,b\n1,x\r\r\n", "a,b\n1,x\r"] {
        let refusal = refusal(text.as_bytes());
        assert_eq!((refusal.place.line, refusal.place.column.as_deref()), (Some(2), Some("b")), "{text:?}");
        assert!(matches!(refusal.problem, DataProblem::LoneReturn), "{text:?}");
    }
    assert!(matches!(refusal(b"a,b\r1,2\r").problem, DataProblem::LoneReturn));
}

#[test]
fn rejects_what_is_not_text_with_line_and_column() {
    let bad = refusal(b"a,b\nx,y\nx,\xff\n");
    assert_eq!((bad.place.line, bad.place.column.as_deref()), (Some(3), Some("b")));
    assert!(matches!(bad.problem, DataProblem::NotUtf8));
    let bad = refusal(b"a,b\nx,y\n\"\0\",y\n");
    assert_eq!((bad.place.line, bad.place.column.as_deref()), (Some(3), Some("a")));
    assert!(matches!(bad.problem, DataProblem::Nul));
    assert!(matches!(refusal(b"a,\xff\n").problem, DataProblem::NotUtf8));
}

#[test]
fn rejects_names_that_are_missing_or_stand_twice() {
    assert!(matches!(refusal(b"a,,c\n").problem, DataProblem::UnnamedColumn { position: 2 }));
    let twice = refusal(b"a,b,c,b\n");
    assert!(matches!(twice.problem, DataProblem::DuplicateColumn { first: 2, second: 4 }));
    assert_eq!(twice.place.column, None, "a header that is missing makes names of data");
    assert_eq!(read("a, a\n").names, ["a", " a"]);
}

#[test]
fn rejects_a_row_that_repeats_the_header() {
    let refusal = refusal(b"a,b\n1,2\n\"a\",b\n");
    assert_eq!(refusal.place.line, Some(3));
    assert!(matches!(refusal.problem, DataProblem::RepeatedHeader));
    assert_eq!(rows("a,b\na,c\n"), [some(&["a", "c"])]);
    assert_eq!(rows("a\na\n"), [some(&["a"])]);
}

#[test]
fn rejects_a_row_that_is_too_long_with_its_line() {
    let limits = Limits { block: 8, record: 10 };
    let text = b"a,b\n1,2\n\"123456\n890\",2\n";
    let mut source = CsvSource::open(Input::of_bytes(text), limits, b',', &Types::new()).unwrap();
    let refusal = std::iter::from_fn(|| source.next().transpose()).find_map(Result::err).unwrap();
    assert!(refusal.to_string().starts_with("test, line 3: the row is longer than 10 bytes"), "{refusal}");
}

#[test]
fn typed_columns_are_parsed_and_an_error_shows_no_value() {
    let types = Types::from([("n".to_owned(), ColumnType::Int64), ("d".to_owned(), ColumnType::Date32)]);
    let (schema, read) = batches(b"n,d,t\n1,1970-01-02,x\n,,\n", 99, &types).unwrap();
    let kinds: Vec<_> = schema.fields().iter().map(|field| field.data_type().clone()).collect();
    assert_eq!(kinds, [DataType::Int64, DataType::Date32, DataType::Utf8]);
    assert_eq!(read[0].columns().column(1).null_count(), 1);
    let refusal = batches(b"n,d,t\n1,,\nsecret,,\n", 99, &types).unwrap_err().to_string();
    assert!(refusal.starts_with("test, line 3, column `n`: the value is not of type int64"), "{refusal}");
    assert!(!refusal.contains("secret"));
}

#[test]
fn tabs_delimit_where_the_format_says_so() {
    let limits = Limits { block: 99, record: 99 };
    let source = CsvSource::open(Input::of_bytes(b"a,b\tc\n"), limits, b'\t', &Types::new()).unwrap();
    assert_eq!(source.schema_hint().unwrap().field(0).name(), "a,b");
}

/// Text that is dense in what matters to the format.
fn dense() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec!["a", "bc", "é", ",", ",", "\"", "\"\"", "\n", "\n", "\r\n", "\r", ""]);
    prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn what_is_read_is_what_the_csv_crate_reads(text in dense()) {
        let text = format!("h,i\n{text}");
        if let Ok(table) = read_by(text.as_bytes(), 1 << 20) {
            let mut oracle = csv::ReaderBuilder::new().from_reader(text.as_bytes());
            let expected: Vec<Vec<String>> = oracle
                .records()
                .map(|record| record.unwrap().iter().map(str::to_owned).collect())
                .collect();
            let found: Vec<Vec<String>> = table
                .rows
                .into_iter()
                .map(|row| row.into_iter().map(Option::unwrap_or_default).collect())
                .collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn what_the_csv_crate_writes_is_read(rows in prop::collection::vec(prop::array::uniform2("[a,\"\n\ré]{0,4}"), 0..8)) {
        let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
        writer.write_record(["h", "i"]).unwrap();
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let found = read_by(&writer.into_inner().unwrap(), 1 << 20).unwrap().rows;
        let found: Vec<Vec<String>> =
            found.into_iter().map(|row| row.into_iter().map(Option::unwrap_or_default).collect()).collect();
        prop_assert_eq!(found, rows.iter().map(|row| row.to_vec()).collect::<Vec<_>>());
    }

    #[test]
    fn where_chunks_are_cut_changes_nothing(text in dense(), one_column in any::<bool>()) {
        let text = format!("{}\n{text}", if one_column { "h" } else { "h,i" });
        let whole = read_by(text.as_bytes(), 1 << 20);
        for block in 1..=text.len() {
            match (&whole, read_by(text.as_bytes(), block)) {
                (Ok(whole), Ok(cut)) => prop_assert_eq!(whole, &cut),
                (Err(_), Err(_)) => {}
                (whole, cut) => prop_assert!(false, "{whole:?} but by {block} bytes {cut:?}"),
            }
        }
    }
}
